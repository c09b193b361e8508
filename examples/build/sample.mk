# What `cargo run --example build -- --file examples/build/sample.mk -C .` builds: numbers about the sources of this crate.
# The three counts can be made at the same time; `files.txt` is what most of it waits for.
report: target/report/report.txt
	cat $<

target/report/report.txt: target/report/lines.txt target/report/unsafe.txt target/report/tests.txt
	cat $^ > $@

target/report/lines.txt: target/report/files.txt
	@echo "lines: $$(xargs cat < $< | wc -l)" > $@

target/report/unsafe.txt: target/report/files.txt
	@echo "unsafe blocks: $$(xargs cat < $< | grep -c "unsafe {")" > $@

target/report/tests.txt: target/report/files.txt
	@echo "tests: $$(xargs cat < $< | grep -c "#.test.")" > $@

target/report/files.txt: src/lib.rs
	mkdir -p target/report
	find src -name "*.rs" | sort > $@
