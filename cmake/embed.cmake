# cmake -DIN=file -DOUT=file.cc -DNAME=symbol -P embed.cmake: a file as a byte array.
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(LENGTH "${hex}" n)
math(EXPR n "${n} / 2")
file(WRITE ${OUT} "extern \"C\" {\nextern const unsigned char ${NAME}[];\nextern const unsigned long ${NAME}_size;\nconst unsigned char ${NAME}[] = {${bytes}};\nconst unsigned long ${NAME}_size = ${n};\n}\n")
