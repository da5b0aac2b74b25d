// Package client looks at a queue from outside: it fetches the figures, keeps
// their history and judges them.
//
// A [Source] is where figures come from: [HTTP] over the network, [Embedded] in
// this process. Each poll returns a [Sample], in which every figure can be unknown: a
// figure that is missing from the answer, or makes no sense, is never shown as zero. A
// poll that fails returns a [Failure], whose words are for an operator.
//
//	source, err := client.NewHTTP("https://chat.example.com", client.HTTPOptions{})
//	if err != nil {
//		return err
//	}
//	defer source.Close()
//	history := client.NewHistory(time.Second)
//	sample, err := source.Poll(ctx)
//	if err != nil {
//		return err
//	}
//	history.Add(sample)
//	verdict := client.Judge(sample, history.Derived())
//
// With HTTPOptions.Stream, polls that come about every second are answered from
// the server's stream of snapshots, where it has one and as long as it works. A
// source that is a [Tuner] also changes the queue's settings, and one that is a
// [Resumer] lets a lane try at once that is paused, or that a breaker holds back.
//
// A [Recorder] writes the answers to a file, and a [Recording] reads that file.
//
// # Derived figures
//
// The published wire has counters since the last reset and an average wait. From
// several samples a [History] derives the figures that an operator needs: the recent
// wait, the recent success rate and the throughput; and it detects resets, restarts,
// several servers behind one address, and cached answers. A figure that cannot be
// derived with certainty stays unknown.
//
// # Trust
//
// An endpoint is not trusted. At most 1 MiB of an answer is read, every string of it
// goes through [Clean], and a token is sent to its own host only.
package client
