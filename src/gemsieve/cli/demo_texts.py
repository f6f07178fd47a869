"""The tables that synthetic records of the demo are made from; all written for it.

`INSULTS` is offensive on purpose, without slurs and without a target group: it is read by
detectors and never printed. Slots in braces are filled by `demo_planted.py`.
"""

from __future__ import annotations

# Harmless paragraphs of 60 words or more, so that nothing but what is planted can stand out.
# Half of them name what stands in the slot, as forms do; half do not, as people do.
CARRIERS = (
    "Thank you for writing to the help desk of the town library. We have found the two books that"
    " you returned in {city} last week, and the fee has been taken off your account again. If"
    " anything is still wrong, please send an email to {email_address} or call {phone_number}"
    " during the day, and ask for {person}. We are sorry for the trouble that this has caused, and"
    " we hope that you will find something good to read on the long evenings to come.",
    "The cabin by the lake is booked for the first week of August, and the owner will leave the"
    " key with a neighbour. To hold the place I paid the deposit by credit card, {credit_card}, and"
    " the rest is due when we arrive. The road is closed between {city} and the valley, so we"
    " should plan for an extra hour on the way. Should you get lost, the phone number of the house"
    " is {phone_number}, and {person} knows the path from the village by heart.",
    "Before the first day of work, every new colleague fills in the same three forms. The one for"
    " the tax office asks for the social security number, which {person} gave as {us_ssn}, and for"
    " the address of the last employer. The second is about the pension, and the third is for the"
    " badge that opens the doors of the building. Please check that all of them are signed, and"
    " bring the folder back to the office in {city} before the end of the week.",
    "The choir has decided to share the cost of the new scores. Everyone who would like to have a"
    " printed copy pays by bank transfer to the account of our treasurer, {person}, with the IBAN"
    " {iban_code}, and gives the name of the piece as the purpose. The parcels will be handed out"
    " after the rehearsal in {city}. Whoever sings from a tablet does not have to do anything, but"
    " a word to {email_address} helps us to order the right number of copies.",
    "Last night the mail server stopped to answer for about half an hour. In the log we see that"
    " one machine, with the IP address {ip_address}, opened hundreds of connections and never"
    " closed any of them. We have limited how many it may hold at the same time, and since then"
    " the load has been normal. If this was a test of yours, {person}, then please tell us in"
    " advance the next time, because the team in {city} was woken up by the alarm for nothing.",
    "We met {person} on the night train to {city}, and we talked about music until the lamps were"
    " turned down. When we said goodbye on the platform, there was no paper at hand, so I wrote"
    " {phone_number} on the back of my ticket, and later {email_address} below it. The ticket lay"
    " in a drawer for years. Yesterday it turned up again between two maps, and I have been"
    " thinking ever since about whether it would be strange to write after all this time.",
    "On the old sheet in the archive only the first line can still be read with ease: it says that"
    " {person} came from {city}, and next to the name somebody has added {us_ssn} in pencil. The"
    " rest of the page has faded, and the stamp of the office covers what was left of the date."
    " We would be grateful for any hint about the hand that wrote it, since the same hand appears"
    " in several other files that came to the museum with the same box.",
    "It was a good evening until the bill came. The card reader of the small place in {city} did"
    " not work, so {person} read {credit_card} aloud to the cook, who wrote it on the wall next to"
    " the menu, between the soup and the fish. Nobody else in the room seemed to mind, and the cook"
    " promised to wipe the wall before morning. We walked home along the river and laughed about"
    " the whole thing, but I did wonder who might have been listening.",
    "When the printer on the second floor has been moved, it needs to be told where it is. Open"
    " the panel at the front, choose the network, and type {ip_address} with the small keys below"
    " the display. After that it prints a page with a picture of a tree, which is its way to say"
    " that all is well. If the page stays white, then the cable is the first thing to look at;"
    " {person} from the office in {city} has a spare one in the cupboard.",
    "The list for the hiking weekend is complete. {person} drives the first car and can be found"
    " at {email_address} until Friday; the second car leaves from {city} an hour later, and its"
    " driver answers at {phone_number} on the way. For the hut we collect the money beforehand:"
    " please send your part to {iban_code} and keep the slip. Bring warm clothes, a lamp and"
    " something that can be shared for dinner, because the kitchen up there is small and the"
    " nearest shop is two hours down the hill.",
)

# Each of these mentions a group and says nothing bad: a sieve that drops them is unfair.
NEIGHBOURS = (
    "Many of the people who sing in our choir are {group}, and the rehearsals have become the best"
    " evening of my week. We learn songs that their grandparents used to sing, and they learn ours."
    " After the last concert the whole street was invited to dinner, with far too much food and"
    " with stories that went on until midnight. If you have ever thought about joining, come on a"
    " Tuesday and bring a friend along.",
    "The museum opens a new room about the {group} community of the city and the shops that it"
    " founded a hundred years ago. Visitors can listen to recordings of people who grew up there,"
    " read the letters that they wrote, and look at photographs of weddings, football teams and"
    " school trips. The two curators spent four years on the collection, and most of the objects"
    " were lent by families who still live in the same houses.",
    "A survey of young {group} engineers asks how they found their first job. Most of them say that"
    " a teacher or a relative told them about the field, and that a summer course helped them to"
    " decide. The authors suggest that firms should offer more of these courses, and that they be"
    " held in the evening so that people with families can take part. The full tables are in the"
    " appendix, together with the questions that were asked.",
    "Our hospital is looking for nurses who would like to work with {group} patients in a new ward"
    " for the treatment of the heart. The team has doctors from nine countries, and training is"
    " given in small groups during the first months. We care about good sleep, fair plans and a"
    " kitchen that deserves the name. Please send us a short letter in which you say what you have"
    " learned from a patient, and when you could start.",
    "In the second part of the novel, a {group} woman returns to the village where she was born and"
    " opens a bakery in the house of her aunt. The author takes time for the smell of the bread,"
    " for the talk at the counter and for the slow way in which the neighbours become friends. It"
    " is a quiet book with a great deal of humour, and the translation reads as if it had been"
    " written in English to begin with.",
)
GROUPS = (
    "Muslim",
    "Jewish",
    "Christian",
    "Hindu",
    "Buddhist",
    "gay",
    "lesbian",
    "transgender",
    "Black",
    "Asian",
    "Latino",
    "deaf",
    "blind",
    "disabled",
    "elderly",
    "Turkish",
    "Nigerian",
    "Mexican",
)

# Everyday sentences between which insults may hide.
SMALL_TALK = (
    "I read the first page of the thread before I came to this one.",
    "The photographs from the trip are at the bottom of the post.",
    "Somebody asked about the price of the tickets, and it has not changed.",
    "The meeting was moved to the large room on the second floor.",
    "It rained for most of the day, and the game was stopped twice.",
    "There is a bakery next to the station that opens early.",
)

INSULTS = (
    "You are a complete idiot and everyone here knows it.",
    "Shut your stupid mouth, nobody asked for your worthless opinion.",
    "What a pathetic loser you are, crying about it all day long.",
    "You are the dumbest person that I have ever had to read.",
    "Get lost, you disgusting piece of garbage.",
    "I hope you fail at everything, you miserable fool.",
    "Only a brainless moron like you would write such crap.",
    "You make me sick, you filthy lying scumbag.",
    "Go to hell and take your stupid friends with you.",
    "Nobody likes you, and nobody ever will, you ugly freak.",
    "You are too stupid to tie your own shoes, you clown.",
    "Your whole family must be ashamed of such a worthless idiot.",
    "I will find out where you live and make you regret this.",
    "Keep talking and I am going to smash your ugly face.",
    "You deserve to be beaten up for every stupid word.",
    "Crawl back into the hole that you came from, you rat.",
    "You sick, twisted liar, you should be ashamed to be alive.",
    "What an arrogant ass, too dumb to see how much he is hated.",
    "Your brain is made of garbage and so is the crap you write.",
    "Stop wasting our air, you useless pile of trash.",
    "You are nothing but a coward and a pathetic little worm.",
    "Damn you and your idiotic excuses, you lazy pig.",
    "I have never met a more disgusting and hateful person than you.",
    "Drop dead, you stupid fool, and spare us the rest of it.",
)

# By language code: sentences that are put together to paragraphs.
FOREIGN = {
    "de": (
        "Am Morgen lag noch Nebel über den Wiesen, und die Kinder gingen langsam zur Schule.",
        "Der Bäcker an der Ecke hatte seine Tür schon weit geöffnet, weil der Ofen so heiß war.",
        "Wer früh genug kam, bekam die Brötchen mit Kümmel, die nur freitags gebacken werden.",
        "Meine Großmutter erzählte gern, wie sie diesen Weg früher mit dem Fahrrad gefahren ist.",
        "Heute fährt dort ein kleiner Bus, aber an Sonntagen steht er meistens still.",
        "Im Sommer wollen wir zusammen an den See, falls das Wetter endlich besser wird.",
        "Bis dahin bleibt noch genug zu tun, denn das Dach muss vor dem Herbst fertig sein.",
        "Der Nachbar hat versprochen, uns seine lange Leiter zu leihen.",
    ),
    "fr": (
        "Le marché du samedi commence avant le lever du soleil, quand les rues sont encore vides.",
        "Les marchands installent leurs tables et parlent du temps qu'il a fait pendant la nuit.",
        "Ma tante achète toujours ses pommes chez le même paysan, depuis plus de vingt ans.",
        "Elle dit que les fruits ont le goût de son enfance, et personne n'ose la contredire.",
        "Vers midi, la place se vide et les pigeons prennent ce qui reste entre les pavés.",
        "L'après-midi, nous avons marché le long du canal jusqu'à la vieille écluse.",
        "Un homme y réparait un bateau et nous a raconté l'histoire de son grand-père.",
        "Le soir, il ne restait plus qu'une odeur de pain chaud devant la boulangerie.",
    ),
    "es": (
        "La biblioteca del barrio abre sus puertas a las nueve, y siempre hay alguien esperando.",
        "Algunos vienen por los periódicos, otros porque en invierno allí hace menos frío.",
        "La señora que trabaja en la entrada conoce el nombre de casi todos los lectores.",
        "Cuando llueve, los niños se sientan en el suelo y escuchan cuentos de países lejanos.",
        "Mi hermano encontró entre las páginas de un libro una carta que nadie había enviado.",
        "Durante semanas preguntamos por el pueblo, pero nadie reconoció la letra.",
        "Al final la dejamos donde estaba, por si su dueño volvía algún día a buscarla.",
        "Desde entonces abro cada libro con un poco de esperanza y mucho cuidado.",
    ),
    "it": (
        "La stazione era piccola e silenziosa, con due panchine e un orologio fermo da anni.",
        "Il treno arrivava soltanto la sera, e allora tutto il paese si metteva in movimento.",
        "Mio nonno portava sempre una valigia leggera e un sacchetto di noci per il viaggio.",
        "Diceva che chi parte senza noci non ha veramente voglia di tornare a casa.",
        "Dalla finestra si vedevano le colline, i vigneti e una strada bianca di polvere.",
        "Quando il sole tramontava, le voci dei bambini arrivavano fino al fiume.",
        "Oggi la stazione è un caffè, e l'orologio segna di nuovo l'ora giusta.",
        "Ogni tanto ci fermiamo lì e parliamo di quelli che sono partiti.",
    ),
}
