# Every target makes its own environment in .venv when there is none.
PYTHON ?= python3
REQUIREMENTS := configs/requirements
RUN := .venv/bin/python -m

.PHONY: demo test check bench prism flink tools lock clean

.venv/ready: $(REQUIREMENTS)/dev.txt $(REQUIREMENTS)/bootstrap.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --require-hashes -r $(REQUIREMENTS)/bootstrap.txt
	.venv/bin/uv pip install --quiet --python .venv --require-hashes -r $(REQUIREMENTS)/dev.txt
	.venv/bin/uv pip install --quiet --python .venv --no-deps --editable .
	touch $@

demo: .venv/ready
	.venv/bin/gemsieve demo

test: .venv/ready
	$(RUN) pytest -n 2

check: .venv/ready
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) pytest -n 2 -m "not slow"

# All that can be run as they are: one that needs arguments says so, by argparse's status 2, and is
# passed by. Peers have environments of their own, runners targets of theirs; a cluster never ends.
bench: .venv/ready
	for bench in $(filter-out bench/%_peers.py bench/runners.py bench/flink_cluster.py,$(shell grep -l __main__ bench/*.py)); do \
		echo "== $$bench"; .venv/bin/python $$bench || [ $$? -eq 2 ] || exit 1; done

# Runners that are no Python: built or fetched once, then the demo's corpus goes through each.
BEAM := 2.77.0
TOOLS := build/tools
$(TOOLS)/prism:
	GOBIN=$(abspath $(TOOLS)) go install github.com/apache/beam/sdks/v2/go/cmd/prism@v$(BEAM)

# Whole or not there: a folder half filled is no Flink.
$(TOOLS)/flink: bench/flink/pom.xml
	rm -rf $@ $@.part
	mvn --quiet --batch-mode --file $< dependency:copy-dependencies \
		-DoutputDirectory=$(abspath $@.part)
	mv $@.part $@

prism: .venv/ready $(TOOLS)/prism
	.venv/bin/python bench/runners.py memory threads prism prism-pool

flink: .venv/ready $(TOOLS)/flink
	.venv/bin/python bench/runners.py memory flink flink-pool

# What their tests need, as far as it can be had; the tests of the others are skipped.
tools:
	-$(MAKE) $(TOOLS)/prism
	-$(MAKE) $(TOOLS)/flink

# Hashed requirements, one file an extra, universal over our Pythons, no host named in any.
COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header
lock: .venv/ready
	$(COMPILE) pyproject.toml --extra dev --output-file $(REQUIREMENTS)/dev.txt
	for extra in detect ner pipeline s3 gcs otel train gguf tensorboard wandb tpu tokamax serve postgres; do \
		$(COMPILE) pyproject.toml --extra $$extra --constraint $(REQUIREMENTS)/dev.txt \
			--output-file $(REQUIREMENTS)/$$extra.txt || exit 1; done
	echo uv | $(COMPILE) - --output-file $(REQUIREMENTS)/bootstrap.txt

clean:
	rm -rf .venv out build dist
