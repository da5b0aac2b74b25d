// Package human writes durations, times, counts and shares for people, in one
// style everywhere:
//
//	Duration   0.9 s    57 s   1 min 40 s   12 min   1 h 05 min   2 d 3 h
//	Age        0 s      57 s   1 min 40 s   12 min   1 h 05 min   2 d 3 h
//	Precise    900 ms   57 s   1 min 40 s   12 min   1 h 05 min   2 d 3 h
//	Short      0.9s     57s    1m40s        12m      1h05m        2d3h
//	Rough      1 s      55 s   2 min        12 min   1 h          2 d
//	Exact      900 ms   57 s   100 s        12 min   65 min       51 h
//	Clock      14:02:07     Mon 2 Jan 14:02:07
//	Count      1,234,567    ShortCount  1.2M
//	Share      95.7%
//
// A sentence, and a figure beside its label, has the forms with blanks. A column of a table and
// the axis of a plot have Short.
//
// What is rounded is rounded first and then put into its unit: 59.97 s are 1 min
// 00 s, not 60.0 s. Log lines and the wire have forms of their own.
package human
