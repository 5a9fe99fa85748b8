# SPDX-License-Identifier: GPL-2.0-or-later
# The shipped rules, each with its stories; tests/stories/record makes the recordings.

packs_command_and_controldir = $(pkgdatadir)/rules/command_and_control
dist_packs_command_and_control_DATA = \
	rules/packs/command_and_control/connection_then_shell.yml \
	rules/packs/command_and_control/interactive_shell_on_pipe.yml \
	rules/packs/command_and_control/shell_connects_out.yml \
	rules/packs/command_and_control/shell_on_socket.yml

packs_defense_evasiondir = $(pkgdatadir)/rules/defense_evasion
dist_packs_defense_evasion_DATA = \
	rules/packs/defense_evasion/fileless_exec.yml \
	rules/packs/defense_evasion/kernel_thread_masquerade.yml \
	rules/packs/defense_evasion/log_removal.yml

packs_discoverydir = $(pkgdatadir)/rules/discovery
dist_packs_discovery_DATA = \
	rules/packs/discovery/port_scan.yml \
	rules/packs/discovery/system_survey.yml

packs_executiondir = $(pkgdatadir)/rules/execution
dist_packs_execution_DATA = \
	rules/packs/execution/download_piped_to_shell.yml \
	rules/packs/execution/download_then_exec.yml \
	rules/packs/execution/exec_refused_in_world_writable.yml \
	rules/packs/execution/world_writable_exec_connects.yml

packs_initial_accessdir = $(pkgdatadir)/rules/initial_access
dist_packs_initial_access_DATA = \
	rules/packs/initial_access/web_server_shell.yml

packs_persistencedir = $(pkgdatadir)/rules/persistence
dist_packs_persistence_DATA = \
	rules/packs/persistence/kernel_module_by_hand.yml

packs_privilege_escalationdir = $(pkgdatadir)/rules/privilege_escalation
dist_packs_privilege_escalation_DATA = \
	rules/packs/privilege_escalation/setuid_outside_packages.yml

pack_stories = \
	rules/packs/command_and_control/connection_then_shell.fire \
	rules/packs/command_and_control/connection_then_shell.almost \
	rules/packs/command_and_control/interactive_shell_on_pipe.fire \
	rules/packs/command_and_control/interactive_shell_on_pipe.almost \
	rules/packs/command_and_control/shell_connects_out.fire \
	rules/packs/command_and_control/shell_connects_out.almost \
	rules/packs/command_and_control/shell_on_socket.fire \
	rules/packs/command_and_control/shell_on_socket.almost \
	rules/packs/defense_evasion/fileless_exec.fire \
	rules/packs/defense_evasion/fileless_exec.almost \
	rules/packs/defense_evasion/kernel_thread_masquerade.fire \
	rules/packs/defense_evasion/kernel_thread_masquerade.almost \
	rules/packs/defense_evasion/log_removal.fire \
	rules/packs/defense_evasion/log_removal.almost \
	rules/packs/discovery/port_scan.fire \
	rules/packs/discovery/port_scan.almost \
	rules/packs/discovery/system_survey.fire \
	rules/packs/discovery/system_survey.almost \
	rules/packs/execution/download_piped_to_shell.fire \
	rules/packs/execution/download_piped_to_shell.almost \
	rules/packs/execution/download_then_exec.fire \
	rules/packs/execution/download_then_exec.almost \
	rules/packs/execution/exec_refused_in_world_writable.fire \
	rules/packs/execution/exec_refused_in_world_writable.almost \
	rules/packs/execution/world_writable_exec_connects.fire \
	rules/packs/execution/world_writable_exec_connects.almost \
	rules/packs/initial_access/web_server_shell.fire \
	rules/packs/initial_access/web_server_shell.almost \
	rules/packs/persistence/kernel_module_by_hand.fire \
	rules/packs/persistence/kernel_module_by_hand.almost \
	rules/packs/privilege_escalation/setuid_outside_packages.fire \
	rules/packs/privilege_escalation/setuid_outside_packages.almost \
	rules/packs/honest/honest_admin \
	rules/packs/honest/honest_build \
	rules/packs/honest/honest_cron \
	rules/packs/honest/honest_network

EXTRA_DIST += $(pack_stories:=.jsonl) $(pack_stories:=.expect.yaml)
dist_noinst_SCRIPTS += tests/stories/record
EXTRA_DIST += \
	tests/stories/connection_then_shell.almost.sh \
	tests/stories/connection_then_shell.fire.sh \
	tests/stories/download_piped_to_shell.almost.sh \
	tests/stories/download_piped_to_shell.fire.sh \
	tests/stories/download_then_exec.almost.sh \
	tests/stories/download_then_exec.fire.sh \
	tests/stories/exec_refused_in_world_writable.almost.sh \
	tests/stories/exec_refused_in_world_writable.fire.sh \
	tests/stories/fileless_exec.almost.sh \
	tests/stories/fileless_exec.fire.sh \
	tests/stories/honest_admin.sh \
	tests/stories/honest_build.sh \
	tests/stories/honest_cron.sh \
	tests/stories/honest_network.sh \
	tests/stories/interactive_shell_on_pipe.almost.sh \
	tests/stories/interactive_shell_on_pipe.fire.sh \
	tests/stories/kernel_module_by_hand.almost.sh \
	tests/stories/kernel_module_by_hand.fire.sh \
	tests/stories/kernel_thread_masquerade.almost.sh \
	tests/stories/kernel_thread_masquerade.fire.sh \
	tests/stories/log_removal.almost.sh \
	tests/stories/log_removal.fire.sh \
	tests/stories/port_scan.almost.sh \
	tests/stories/port_scan.fire.sh \
	tests/stories/setuid_outside_packages.almost.sh \
	tests/stories/setuid_outside_packages.fire.sh \
	tests/stories/shell_connects_out.almost.sh \
	tests/stories/shell_connects_out.fire.sh \
	tests/stories/shell_on_socket.almost.sh \
	tests/stories/shell_on_socket.fire.sh \
	tests/stories/system_survey.almost.sh \
	tests/stories/system_survey.fire.sh \
	tests/stories/web_server_shell.almost.sh \
	tests/stories/web_server_shell.fire.sh \
	tests/stories/world_writable_exec_connects.almost.sh \
	tests/stories/world_writable_exec_connects.fire.sh

TESTS += tests/cli/pack.t
EXTRA_DIST += tests/cli/pack.t rules/packs/README.md
