# The short front door; the build itself is Meson (meson.build).
PREFIX = /usr/local
BUILD = build

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@tools/setup build
	@meson setup -Dtests=false --prefix=$(PREFIX) $(BUILD)

check:
	@./test

# make install [PREFIX=/usr] [DESTDIR=...]
install: all
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)

format:
	@find include src tests -name '*.[ch]' | xargs clang-format -i

clean:
	@rm -rf build build-test

.PHONY: all check install format clean
