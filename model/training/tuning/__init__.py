"""Fine-tuning: chats and pairs of answers, and adapters to learn them by."""
