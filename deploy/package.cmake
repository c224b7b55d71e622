# `cmake --build --preset release --target package` makes the .deb.
include(GNUInstallDirs)

if(TARGET sluice)
  install(TARGETS sluice RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The program writes its own completions, so they cannot lag behind its verbs.
  set(completions ${CMAKE_BINARY_DIR}/completions)
  file(MAKE_DIRECTORY ${completions})
  foreach(shell bash zsh fish)
    install(CODE "execute_process(
      COMMAND ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/sluice completion ${shell}
      OUTPUT_FILE ${completions}/sluice.${shell} COMMAND_ERROR_IS_FATAL ANY)")
  endforeach()
  install(FILES ${completions}/sluice.bash RENAME sluice
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completions}/sluice.zsh RENAME _sluice
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
  install(FILES ${completions}/sluice.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/sluice RENAME copyright)
install(FILES deploy/sluice.service DESTINATION lib/systemd/system)
install(FILES deploy/sluice.yaml DESTINATION /etc/sluice)

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME sluice)
set(CPACK_PACKAGE_VENDOR "Sluice")
set(CPACK_PACKAGE_CONTACT "Sluice maintainers <maintainers@sluice.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Import pipeline for customer records")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Brings customer records from files into a customer store, cleans and matches them on the way,
 and can resume every import at the row where it was stopped.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
file(WRITE ${CMAKE_BINARY_DIR}/deb/conffiles "/etc/sluice/sluice.yaml\n")
foreach(script postinst postrm)
  file(WRITE ${CMAKE_BINARY_DIR}/deb/${script} "#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl --system daemon-reload || true; fi
")
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/deb/prerm "#!/bin/sh
set -e
if [ \"$1\" = remove ] && [ -d /run/systemd/system ]; then
  systemctl --no-reload disable --now sluice.service || true
fi
")
set(maintainer_scripts ${CMAKE_BINARY_DIR}/deb/postinst ${CMAKE_BINARY_DIR}/deb/postrm
  ${CMAKE_BINARY_DIR}/deb/prerm)
file(CHMOD ${maintainer_scripts} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
  GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/deb/conffiles ${maintainer_scripts})
include(CPack)
