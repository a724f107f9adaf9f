# SPDX-License-Identifier: BSL-1.0
# Installs what was built: libraries, their headers, the program, and the package that find_package
# finds. A prefix can be moved; nothing in it names the build tree.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(libraries)
foreach(name IN ITEMS core holdfast runner saving tls cares testing sim)
  if(TARGET holdfast_${name})
    list(APPEND libraries holdfast_${name})
  endif()
endforeach()
install(TARGETS ${libraries} EXPORT holdfast ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET holdfast_tool)
  # The program by itself: cmake --install BUILD --component program.
  set(documents ${PROJECT_BINARY_DIR}/tool/documents) # what the program prints of itself
  set(unit ${PROJECT_BINARY_DIR}/tool/holdfast.service)
  install(TARGETS holdfast_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  install(FILES ${documents}/holdfast.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES ${documents}/holdfast.bash COMPONENT program RENAME holdfast
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${documents}/holdfast.zsh COMPONENT program RENAME _holdfast
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${documents}/holdfast.fish COMPONENT program
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  # Where the program is, is known when it is installed.
  install(CODE "set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    configure_file(\"${PROJECT_SOURCE_DIR}/tool/holdfast.service.in\" \"${unit}\" @ONLY)"
    COMPONENT program)
  install(FILES ${unit} DESTINATION lib/systemd/system COMPONENT program)
endif()

# Headers without their library would only fail later.
set(absent)
foreach(name IN ITEMS saving testing sim)
  if(NOT TARGET holdfast_${name})
    list(APPEND absent PATTERN include/holdfast/${name} EXCLUDE)
  endif()
endforeach()
if(NOT TARGET holdfast_runner)
  list(APPEND absent PATTERN include/holdfast/runner EXCLUDE
    PATTERN include/holdfast/runner.hpp EXCLUDE)
endif()
if(NOT TARGET holdfast_tls)
  list(APPEND absent PATTERN include/holdfast/endpoints/tls*.hpp EXCLUDE
    PATTERN include/holdfast/detail/tls*.hpp EXCLUDE)
endif()
if(NOT TARGET holdfast_cares)
  list(APPEND absent PATTERN include/holdfast/endpoints/srv.hpp EXCLUDE
    PATTERN include/holdfast/resolvers/c_ares_resolver.hpp EXCLUDE)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.hpp ${absent})

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/holdfast)
install(EXPORT holdfast NAMESPACE holdfast:: FILE holdfast-targets.cmake DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/holdfast-config.cmake.in
  ${PROJECT_BINARY_DIR}/holdfast-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/holdfast-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/holdfast-config.cmake
  ${PROJECT_BINARY_DIR}/holdfast-config-version.cmake DESTINATION ${package})
