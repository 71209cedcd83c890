package scoretest_test

// A talk as subtitles, and what is said in it.
const (
	talkTruth = "[00:00:01] Ann: Good morning, and welcome to the harbour.\n\n[00:00:04] Bob: The ferry line was reopened in April, after an interruption of eleven months.\n\n[00:01:10] Ann: Thank you & good night.\n"
	talkSRT   = "1\n00:00:01,000 --> 00:00:03,500\n<v Ann>Good morning, and <i>welcome</i>\nto the harbour.\n\n" +
		"2\n00:00:04,000 --> 00:00:08,000\n<v Bob>The ferry line was reopened in April,\nafter an interruption of eleven months.\n\n3\n00:01:10,000 --> 00:01:12,000\n<v Ann>Thank you &amp; good night.\n"
	talkVTT = "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\nNOTE checked\n\nintro\n00:01.000 --> 00:03.500 align:start\n<v Ann>Good morning, and <i>welcome</i>\nto the harbour.</v>\n\n" +
		"00:04.000 --> 00:08.000\n<v.loud Bob>The ferry line was reopened in April,\nafter an <00:05.000>interruption of eleven months.\n\n01:10.000 --> 01:12.000\n<v Ann>Thank you &amp; good night.\n"
)
