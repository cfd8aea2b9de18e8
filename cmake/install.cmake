# What `make install` places.  Names that are too general for a bin folder stay out of it: the daemons live in
# libexec/postern, where master and postern look for them; master is also sbin/postern-master.
#   bin/postern  sbin/postern-master  libexec/postern/*  share/man  completion  share/doc/postern
#   lib/systemd/system  lib/sysusers.d
# Nothing is placed in /etc or /var: an admin copies the samples.  cmake/uninstall.cmake takes all of it away.
set(libexec libexec/postern)
get_property(programs GLOBAL PROPERTY POSTERN_PROGRAMS)
set(daemons ${programs})
list(REMOVE_ITEM daemons postern)
if(TARGET postern)
  install(TARGETS postern RUNTIME DESTINATION bin)
endif()
install(TARGETS ${daemons} RUNTIME DESTINATION ${libexec})
install(PROGRAMS cmd/postern-job/postern-job DESTINATION ${libexec})

set(place ${CMAKE_BINARY_DIR}/install)
file(MAKE_DIRECTORY ${place}/completion)
file(CREATE_LINK ../${libexec}/master ${place}/postern-master SYMBOLIC)
file(WRITE ${place}/postern-master.8 ".so man8/master.8\n")
install(FILES ${place}/postern-master DESTINATION sbin)
install(FILES ${place}/postern-master.8 DESTINATION share/man/man8)
foreach(section 1 5 7 8)
  file(GLOB pages CONFIGURE_DEPENDS man/man${section}/*.${section})
  install(FILES ${pages} DESTINATION share/man/man${section})
endforeach()

install(FILES README.md LICENSE DESTINATION share/doc/postern)
install(DIRECTORY etc/ DESTINATION share/doc/postern/examples PATTERN systemd EXCLUDE PATTERN sysusers.d EXCLUDE)
install(FILES etc/sysusers.d/postern.conf DESTINATION lib/sysusers.d)

# Completion comes from the program itself, so it can only be made where that runs.
if(TARGET postern AND NOT CMAKE_CROSSCOMPILING)
  set(scripts)
  foreach(shell bash zsh fish)
    add_custom_command(OUTPUT ${place}/completion/${shell} DEPENDS postern
      COMMAND postern completion ${shell} > ${place}/completion/${shell})
    list(APPEND scripts ${place}/completion/${shell})
  endforeach()
  add_custom_target(completion ALL DEPENDS ${scripts})
  install(FILES ${place}/completion/bash DESTINATION share/bash-completion/completions RENAME postern)
  install(FILES ${place}/completion/zsh DESTINATION share/zsh/site-functions RENAME _postern)
  install(FILES ${place}/completion/fish DESTINATION share/fish/vendor_completions.d RENAME postern.fish)
endif()

# Only at the time of installing the prefix is known for good; the users are made where we install on this machine.
install(CODE "
  foreach(unit postern.service postern.socket)
    file(READ \"${CMAKE_SOURCE_DIR}/etc/systemd/\${unit}\" text)
    string(REPLACE \"/usr/sbin/\" \"\${CMAKE_INSTALL_PREFIX}/sbin/\" text \"\${text}\")
    file(WRITE \"${place}/\${unit}\" \"\${text}\")
    file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/lib/systemd/system\" TYPE FILE FILES \"${place}/\${unit}\")
  endforeach()
  if(\"\$ENV{DESTDIR}\" STREQUAL \"\")
    execute_process(COMMAND id -u OUTPUT_VARIABLE uid OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(uid EQUAL 0)
      execute_process(COMMAND sh \"${CMAKE_SOURCE_DIR}/cmake/make-users.sh\" \"${CMAKE_SOURCE_DIR}/etc/sysusers.d/postern.conf\"
                      RESULT_VARIABLE failed)
      if(failed)
        message(WARNING \"the users postern-* could not be made; postern quickstart makes them, too\")
      endif()
    endif()
  endif()
")
