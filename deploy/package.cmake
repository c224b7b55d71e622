# `cmake --build --preset release --target package` makes the .deb.
include(GNUInstallDirs)
