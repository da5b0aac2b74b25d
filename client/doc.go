// Package client looks at a queue from outside: it fetches the figures, keeps
// their history and judges them.
//
// A [Source] is where figures come from: [HTTP] over the network, [Embedded] in
// this process. Each poll gives a [Sample], in which every figure can be unknown:
// what an endpoint did not say, or said in a form that makes no sense, is never
// shown as zero. A poll that does not work gives a [Failure], whose words are for
// an operator.
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
// [Resumer] ends pauses.
//
// A [Recorder] writes down what polls bring, and a [Recording] reads that again.
//
// # What is derived
//
// The published wire tells counters since the last reset and an average wait.
// A [History] makes out of several samples what an operator asks for: the recent
// wait, the recent success, the throughput, and what happened between two polls
// (a reset, a restart, several servers behind one address, a cached copy). What
// cannot be told for sure stays unknown.
//
// # What is trusted
//
// Nothing. At most 1 MiB is read, every string goes through [Clean] before it
// leaves the decoder, and a token is sent to the host it was given for and to no
// other.
package client
