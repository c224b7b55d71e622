// The target of the headers that all tests share (tests/CMakeLists.txt) needs a file.
