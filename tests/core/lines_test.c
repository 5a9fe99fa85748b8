/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The tripline authors */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/jsonl.h"
#include "tests/tap.h"

static struct line_reader reader;

/* A file with these bytes, read from its start. */
static void open_text(struct slice text)
{
	FILE *f = tmpfile();

	if (!f || (text.n > 0 && fwrite(text.p, 1, text.n, f) != text.n) || fflush(f) != 0)
		abort();
	if (line_reader_init(&reader, dup(fileno(f))) < 0 || lseek(reader.fd, 0, SEEK_SET) != 0)
		abort();
	fclose(f);
}

static void close_text(void)
{
	close(reader.fd);
	line_reader_done(&reader);
}

static void test_small(void)
{
	static const struct {
		struct slice text;
		const char *lines; /* joined by '|', with one behind each */
	} row[] = {
#define ROW(text, lines) { { text, sizeof(text) - 1 }, lines }
		ROW("", ""),
		ROW("\n", "|"),
		ROW("a", "a|"),
		ROW("a\n", "a|"),
		ROW("a\n\nb", "a||b|"),
		ROW("a\r\nb\n", "a\r|b|"),
		ROW("one\ntwo\nthree\n", "one|two|three|"),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(row); i++) {
		char got[64], *line;
		size_t n = 0, len;
		uint64_t lines = 0;

		open_text(row[i].text);
		while (line_reader_next(&reader, &line, &len) == 1) {
			memcpy(got + n, line, len);
			n += len;
			got[n++] = '|';
			lines++;
		}
		is_slice((struct slice){ got, n }, slice_of(row[i].lines), "lines");
		ok(reader.line_no == lines && line_reader_next(&reader, &line, &len) == 0,
		   "their number, and the end stays the end");
		close_text();
	}
}

/* Lines at the limit, over it and far over it, and short ones between them. */
static void test_long(void)
{
	static const size_t length[] = { 5,
					 TL_JSON_LINE_MAX,
					 0,
					 TL_JSON_LINE_MAX + 1,
					 7,
					 TL_JSON_LINE_MAX + 2,
					 3 * TL_JSON_LINE_MAX + 17,
					 1,
					 TL_JSON_LINE_MAX - 1,
					 TL_JSON_LINE_MAX };
	bool good = true;
	size_t total = 0, at = 0;
	char *text, *line;
	size_t n;

	for (unsigned last_lf = 0; last_lf < 2; last_lf++) {
		total = at = 0;
		for (size_t i = 0; i < ARRAY_SIZE(length); i++)
			total += length[i] + 1;
		text = malloc(total);
		for (size_t i = 0; i < ARRAY_SIZE(length); i++) {
			memset(text + at, 'a' + (int)i, length[i]);
			at += length[i];
			text[at++] = '\n';
		}
		open_text((struct slice){ text, total - !last_lf });
		free(text);
		for (size_t i = 0; i < ARRAY_SIZE(length); i++) {
			int r = line_reader_next(&reader, &line, &n);

			if (length[i] > TL_JSON_LINE_MAX)
				good = good && r == -EMSGSIZE;
			else
				good = good && r == 1 && n == length[i] &&
				       (n == 0 ||
					(line[0] == 'a' + (int)i && line[n - 1] == line[0]));
			good = good && reader.line_no == i + 1;
		}
		good = good && line_reader_next(&reader, &line, &n) == 0;
		close_text();
	}
	ok(good, "lines up to the limit come whole, longer ones are skipped and told");

	text = malloc(TL_JSON_LINE_MAX + 1);
	memset(text, 'x', TL_JSON_LINE_MAX + 1);
	open_text((struct slice){ text, TL_JSON_LINE_MAX + 1 });
	free(text);
	ok(line_reader_next(&reader, &line, &n) == -EMSGSIZE &&
		   line_reader_next(&reader, &line, &n) == 0,
	   "too long and without LF at the end");
	close_text();
}

/* A pipe that gives one byte at a time, and nothing in between. */
static void test_pipe(void)
{
	static const char text[] = "ab\ncd\n\nlast";
	char got[64], *line;
	size_t n = 0, len, sent = 0;
	int fd[2], r;

	if (pipe2(fd, O_NONBLOCK | O_CLOEXEC) < 0 || line_reader_init(&reader, fd[0]) < 0)
		abort();
	for (;;) {
		r = line_reader_next(&reader, &line, &len);
		if (r == -EAGAIN) {
			if (sent < sizeof(text) - 1)
				(void)!write(fd[1], text + sent++, 1);
			else
				closep(&fd[1]);
			continue;
		}
		if (r <= 0)
			break;
		memcpy(got + n, line, len);
		n += len;
		got[n++] = '|';
	}
	is_i64(r, 0, "the writer's end");
	is_slice((struct slice){ got, n }, SLICE("ab|cd||last|"), "lines that come byte by byte");
	close_text();

	if (line_reader_init(&reader, -1) < 0)
		abort();
	is_i64(line_reader_next(&reader, &line, &len), -EBADF, "an error of read(2)");
	line_reader_done(&reader);
}

int main(void)
{
	test_small();
	test_long();
	test_pipe();
	return done_testing();
}
