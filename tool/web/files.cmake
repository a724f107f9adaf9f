# SPDX-License-Identifier: BSL-1.0
# For whoever includes it: makes web_files.cpp, these files as part of a program, in its build folder.
set(web_file_names icon.svg index.html page.js style.css)
list(TRANSFORM web_file_names PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
add_custom_command(OUTPUT web_files.cpp
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=web_files.cpp -DHEADER=page/web_files.hpp -DNAMESPACE=tool::web
    "-DFILES=${web_file_names}" -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${web_file_names} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  VERBATIM)
