# SPDX-License-Identifier: BSL-1.0
# Makes text files part of a program: cmake -DOUTPUT=FILE.cpp -DHEADER=page/web_files.hpp
# -DNAMESPACE=tool::web "-DFILES=a.css;b.js" -P embed.cmake defines NAMESPACE::a_css, NAMESPACE::b_js.
# Each is shorter than 64 KiB, and holds no `)embedded"`.
set(text "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE}\n{\n")
foreach(file IN LISTS FILES)
  cmake_path(GET file FILENAME name)
  string(MAKE_C_IDENTIFIER ${name} name)
  file(READ ${file} content)
  string(APPEND text "const std::string_view ${name} = R\"embedded(${content})embedded\";\n")
endforeach()
file(WRITE ${OUTPUT} "${text}}\n")
