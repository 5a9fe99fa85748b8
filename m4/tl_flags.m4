# SPDX-License-Identifier: GPL-2.0-or-later

# TL_TRY_FLAG(VAR, FLAG, [LINK]) - append FLAG to VAR if compiler (and linker) take it
AC_DEFUN([TL_TRY_FLAG], [
  AC_MSG_CHECKING([whether $CC takes $2])
  tl_saved_CFLAGS=$CFLAGS; tl_saved_LDFLAGS=$LDFLAGS
  m4_if([$3], [LINK], [LDFLAGS="$LDFLAGS $2"], [CFLAGS="$CFLAGS -Werror $2"])
  m4_if([$3], [LINK], [AC_LINK_IFELSE([AC_LANG_PROGRAM()], [tl_ok=yes], [tl_ok=no])],
    [AC_COMPILE_IFELSE([AC_LANG_PROGRAM()], [tl_ok=yes], [tl_ok=no])])
  CFLAGS=$tl_saved_CFLAGS; LDFLAGS=$tl_saved_LDFLAGS
  AC_MSG_RESULT([$tl_ok])
  AS_IF([test $tl_ok = yes], [$1="$$1 $2"])
])

AC_DEFUN([TL_BUILD_FLAGS], [
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])], [], [enable_werror=no])
  AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers=LIST],
    [build with sanitizers: address,undefined or thread])], [], [enable_sanitizers=no])
  AC_ARG_ENABLE([fuzzing], [AS_HELP_STRING([--enable-fuzzing],
    [build the fuzz targets with libFuzzer (needs CC=clang)])], [], [enable_fuzzing=no])
  AS_IF([test "x$enable_sanitizers" = xyes], [enable_sanitizers=address,undefined])

  tl_cflags=; tl_ldflags=; tl_hardening=hardened
  for f in -std=gnu17 -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
           -Wimplicit-fallthrough -Wundef -Wpointer-arith -Wwrite-strings -fno-common; do
    TL_TRY_FLAG([tl_cflags], [$f])
  done
  AS_IF([test "x$enable_werror" = xyes], [tl_cflags="$tl_cflags -Werror"])
  AS_IF([test "x$enable_sanitizers" = xno], [
    for f in -fstack-protector-strong -fstack-clash-protection -ftrivial-auto-var-init=zero \
             -fcf-protection -fPIE; do
      TL_TRY_FLAG([tl_cflags], [$f])
    done
    AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
#ifdef __OPTIMIZE__
int optimised;
#else
#error no optimisation
#endif
]])], [tl_cflags="$tl_cflags -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"])
    for f in -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack; do
      TL_TRY_FLAG([tl_ldflags], [$f], [LINK])
    done
  ], [
    tl_hardening="sanitizers: $enable_sanitizers"
    tl_cflags="$tl_cflags -fsanitize=$enable_sanitizers -fno-omit-frame-pointer -fno-sanitize-recover=all"
    tl_ldflags="$tl_ldflags -fsanitize=$enable_sanitizers"
    AC_DEFINE([TL_SANITIZERS], [1], [built with sanitizers: the system call filter is wider])
  ])
  AS_IF([test "x$enable_fuzzing" != xno], [
    tl_cflags="$tl_cflags -fsanitize=fuzzer-no-link"
  ])
  AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" != xno])
  AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" != xno])
  AC_SUBST([TL_CFLAGS], [$tl_cflags])
  AC_SUBST([TL_LDFLAGS], [$tl_ldflags])
])

AC_DEFUN([TL_BPF_TOOLCHAIN], [
  AC_ARG_VAR([BPF_CLANG], [clang that compiles for the bpf target])
  AC_ARG_VAR([BPFTOOL], [bpftool(8), to link the BPF objects and make the skeleton])
  AC_PATH_PROGS([BPF_CLANG], [clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14])
  AS_IF([test -z "$BPF_CLANG"], [AC_MSG_ERROR([clang not found: install clang (it compiles the BPF programs)])])
  AC_PATH_PROGS([BPFTOOL], [bpftool], [], [$PATH:/usr/sbin:/sbin])
  AS_IF([test -z "$BPFTOOL"], [AC_MSG_ERROR([bpftool not found: install bpftool])])
  AS_CASE([$host_cpu],
    [x86_64], [BPF_ARCH=x86],
    [aarch64], [BPF_ARCH=arm64],
    [AC_MSG_ERROR([$host_cpu is not supported: the BPF programs know x86_64 and aarch64])])
  AC_SUBST([BPF_ARCH])
])
