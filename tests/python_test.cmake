# sluice_python_test(NAME name LABELS label... MODULE module [TIMEOUT seconds] [ENVIRONMENT X=Y...]
#   [PROGRAM]): a unittest module under tests/. With PROGRAM it runs the program that was built, and
#   gets the machine for itself.
function(sluice_python_test)
  cmake_parse_arguments(ARG "PROGRAM" "NAME;MODULE;TIMEOUT" "LABELS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${Python3_EXECUTABLE} -B -m unittest -v ${ARG_MODULE})
  set(environment PYTHONPATH=${PROJECT_SOURCE_DIR}/tests ${ARG_ENVIRONMENT})
  if(ARG_PROGRAM)
    list(APPEND environment TEST_SLUICE_BINARY=$<TARGET_FILE:sluice>)
    set_tests_properties(${ARG_NAME} PROPERTIES PROCESSORS 2)
  endif()
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests ENVIRONMENT "${environment}")
endfunction()
