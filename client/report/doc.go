// Package report sums up the answers of a queue over a period: how long requests
// waited, which problems there were and for how long, when the endpoint did not
// answer, what the load was, and what would help.
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
// Times are by the endpoint's clock. Figures that the endpoint has measured and figures
// that are derived from its counters are kept apart, and a figure that cannot be
// derived is unknown, never zero.
package report
