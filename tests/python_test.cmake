# sluice_python_test(NAME name LABELS label... MODULE module [TIMEOUT seconds] [ENVIRONMENT X=Y...]
#   [PROGRAM] [ALONE | BROKER]): a unittest module under tests/. With PROGRAM it runs the program
#   that was built; with ALONE it gets the machine for itself, as what measures must; with BROKER
#   it runs a broker and services, which is enough of them at a time, beside other tests. Such are
#   begun first: they are the longest, and wait a good deal.
function(sluice_python_test)
  cmake_parse_arguments(ARG "PROGRAM;ALONE;BROKER" "NAME;MODULE;TIMEOUT" "LABELS;ENVIRONMENT"
    ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_test(NAME ${ARG_NAME} COMMAND ${Python3_EXECUTABLE} -B -m unittest -v ${ARG_MODULE})
  set(environment PYTHONPATH=${PROJECT_SOURCE_DIR}/tests ${ARG_ENVIRONMENT})
  if(ARG_PROGRAM)
    list(APPEND environment TEST_SLUICE_BINARY=$<TARGET_FILE:sluice>)
  endif()
  if(ARG_ALONE)
    set_tests_properties(${ARG_NAME} PROPERTIES PROCESSORS 2)
  endif()
  if(ARG_BROKER)
    set_tests_properties(${ARG_NAME} PROPERTIES RESOURCE_LOCK broker COST 1000)
  endif()
  set_tests_properties(${ARG_NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/tests ENVIRONMENT "${environment}")
endfunction()
