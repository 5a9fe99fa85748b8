# see Makefile.am

check_PROGRAMS += tests/sensor/config_test tests/sensor/proctab_test tests/sensor/sandbox_test \
	tests/sensor/strpool_test tests/sensor/users_test
TESTS += tests/sensor/config_test tests/sensor/proctab_test tests/sensor/sandbox_test \
	tests/sensor/strpool_test tests/sensor/users_test
tests_sensor_config_test_LDADD = libsensor.a librules.a libcore.a $(YAML_LIBS)
tests_sensor_proctab_test_LDADD = libsensor.a libcore.a
tests_sensor_sandbox_test_LDADD = libsensor.a libcore.a $(SECCOMP_LIBS) $(CAPNG_LIBS) -lpthread
tests_sensor_strpool_test_LDADD = libsensor.a libcore.a
tests_sensor_users_test_LDADD = libsensor.a libcore.a
check_PROGRAMS += tests/sensor/decode_test tests/sensor/ring_test tests/sensor/snapshot_test
TESTS += tests/sensor/decode_test tests/sensor/ring_test tests/sensor/snapshot_test
tests_sensor_decode_test_LDADD = libsensor.a libcore.a
tests_sensor_ring_test_LDADD = libsensor.a libcore.a
tests_sensor_snapshot_test_LDADD = libsensor.a libcore.a
