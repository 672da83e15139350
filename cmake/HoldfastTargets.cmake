# Targets of the tree and the rule of who may include whom. tests/tidy checks the same
# matrix against the #include lines; this file refuses a link that would allow more.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(HOLDFAST_WERROR "Treat warnings as errors" ON)
set(HOLDFAST_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize= (empty: none)")
option(HOLDFAST_MIMALLOC "Link the daemon against mimalloc" ON)
option(HOLDFAST_FUZZ "Build the libFuzzer targets (clang only)" OFF)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths relative to the tree: a second clone finds what the first has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=true
                                  "${CCACHE_PROGRAM}")
endif()

add_library(holdfast_options INTERFACE)
target_include_directories(holdfast_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(holdfast_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wswitch-enum
  -fno-omit-frame-pointer)
if(HOLDFAST_WERROR)
  target_compile_options(holdfast_options INTERFACE -Werror)
endif()
if(HOLDFAST_SANITIZE)
  # The vptr check needs RTTI, which the strict folders do not have.
  target_compile_options(holdfast_options INTERFACE
    -fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all)
  target_link_options(holdfast_options INTERFACE -fsanitize=${HOLDFAST_SANITIZE})
endif()
if(HOLDFAST_FUZZ)
  # Coverage for libFuzzer in every library; its main() only in the targets of tests/fuzz.
  target_compile_options(holdfast_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(holdfast_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Exceptions and RTTI are off wherever bytes from outside are handled; config (toml++) and
# server (CLI11, spdlog) keep them, and so do the tests.
add_library(holdfast_strict INTERFACE)
target_compile_options(holdfast_strict INTERFACE -fno-exceptions -fno-rtti)

set(HOLDFAST_MAY_base "")
set(HOLDFAST_MAY_wire base)
set(HOLDFAST_MAY_cache base wire)
set(HOLDFAST_MAY_resolver base wire cache)
set(HOLDFAST_MAY_net base)
set(HOLDFAST_MAY_config base)
set(HOLDFAST_MAY_store base wire cache)
set(HOLDFAST_MAY_server base wire cache resolver net config store)

# holdfast_library(NAME [RELAXED] [DEPENDS folder...] [LIBRARIES external...])
function(holdfast_library name)
  cmake_parse_arguments(ARG "RELAXED" "" "DEPENDS;LIBRARIES" ${ARGN})
  foreach(dependency ${ARG_DEPENDS})
    if(NOT dependency IN_LIST HOLDFAST_MAY_${name})
      message(FATAL_ERROR "${name} may not depend on ${dependency}: see cmake/HoldfastTargets.cmake")
    endif()
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/(main|ctl_main)\\.cc$")
  add_library(holdfast_${name} STATIC ${sources})
  set_target_properties(holdfast_${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(holdfast_${name} PUBLIC holdfast_options ${ARG_LIBRARIES})
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(holdfast_${name} PUBLIC holdfast_${dependency})
  endforeach()
  if(NOT ARG_RELAXED)
    target_link_libraries(holdfast_${name} PRIVATE holdfast_strict)
  endif()
endfunction()

# holdfast_test(NAME SOURCES file... DEPENDS folder...): one GoogleTest binary, one ctest.
function(holdfast_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  find_package(GTest REQUIRED)
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE holdfast_options GTest::gtest GTest::gmock GTest::gtest_main ${ARG_LIBRARIES})
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(${name} PRIVATE holdfast_${dependency})
  endforeach()
  add_test(NAME ${name} COMMAND ${name})
endfunction()
