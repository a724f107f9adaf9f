# SPDX-License-Identifier: BSL-1.0
# What every target of this project is compiled with, and the helpers that declare targets.

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  find_program(CCACHE ccache)
  if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers carry times and definitions that ccache must not mistake for a change.
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  endif()
  # A linker that is three times faster, where there is one.
  if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
    find_program(LLD NAMES ld.lld-19 ld.lld)
    if(LLD)
      add_link_options(--ld-path=${LLD})
    endif()
  else()
    find_program(MOLD mold)
    if(MOLD)
      add_link_options(-fuse-ld=mold)
    endif()
  endif()
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
if(HOLDFAST_SAVING)
  find_package(Boost 1.81 REQUIRED COMPONENTS json)
endif()
if(HOLDFAST_TLS)
  find_package(OpenSSL 3 REQUIRED COMPONENTS SSL)
endif()

# Applies what all our own code is compiled with.
function(holdfast_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Woverloaded-virtual -Werror=switch -Werror=return-type
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Xclang -fno-pch-timestamp>
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>
    $<$<BOOL:${HOLDFAST_WERROR}>:-Werror>)
  if(HOLDFAST_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${HOLDFAST_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${HOLDFAST_SANITIZE})
  endif()
endfunction()

# holdfast_library(name SOURCES ...): declares the static library holdfast_<name>, alias holdfast::<name>.
# PURE: it may not see Asio.
function(holdfast_library name)
  cmake_parse_arguments(arg "PURE" "" "SOURCES;LINK" ${ARGN})
  set(target holdfast_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(holdfast::${name} ALIAS ${target})
  holdfast_settings(${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_link_libraries(${target} PUBLIC ${arg_LINK})
  if(arg_PURE)
    target_include_directories(${target} BEFORE PRIVATE ${PROJECT_SOURCE_DIR}/cmake/no_asio)
  endif()
endfunction()

# holdfast_reuse_pch(target): has `target` use the library's precompiled header. It must be compiled
# with the flags of the library, so call it after holdfast_settings and for programs of our own only.
function(holdfast_reuse_pch target)
  target_precompile_headers(${target} REUSE_FROM holdfast_holdfast)
endfunction()

# holdfast_test(name SOURCES ... LINK ... [TIMEOUT seconds]): declares a test program on GoogleTest,
# each of whose tests ctest runs by itself. What links anything with Asio shares the library's
# precompiled header.
function(holdfast_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  holdfast_settings(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/test)
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest_main)
  if(holdfast::holdfast IN_LIST arg_LINK OR holdfast::testing IN_LIST arg_LINK)
    holdfast_reuse_pch(${name})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
