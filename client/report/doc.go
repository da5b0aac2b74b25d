// Package report sums up what a queue told over a time, for somebody who was not
// there: how long users waited, what was wrong and for how long, when nobody
// answered, what the load was, and what would help.
//
// A [Builder] takes the entries of a recording, or the polls of a live endpoint,
// one after the other, and makes a [Report] of them:
//
//	b := report.NewBuilder()
//	for {
//		entry, err := recording.Next()
//		if errors.Is(err, io.EOF) {
//			break
//		}
//		…
//		b.Add(entry)
//	}
//	r := b.Report()
//
// Times are the endpoint's own. What was measured by the endpoint, what follows
// from its counters, and what cannot be told stay apart: the last is unknown, and
// never zero.
package report
