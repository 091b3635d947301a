include(CMakePackageConfigHelpers)

install(TARGETS heddle EXPORT heddleTargets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
if(TARGET heddle_cli)
    install(TARGETS heddle_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()
install(DIRECTORY include/heddle DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp" PATTERN "*.cuh")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")

install(EXPORT heddleTargets NAMESPACE heddle:: DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/heddle")
configure_package_config_file(cmake/heddleConfig.cmake.in heddleConfig.cmake
    INSTALL_DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/heddle")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/heddleConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
configure_file(cmake/heddle.pc.in heddle.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/heddleConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/heddleConfigVersion.cmake"
    DESTINATION "${CMAKE_INSTALL_LIBDIR}/cmake/heddle")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/heddle.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
