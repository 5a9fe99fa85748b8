# The file that is shipped must be the table's: tests/cli/help.t compares them.
dist_pkgsysconf_DATA = data/tripline.yaml
pkgsysconfdir = $(sysconfdir)/tripline
