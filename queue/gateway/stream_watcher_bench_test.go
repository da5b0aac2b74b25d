package gateway

import (
	"strings"
	"testing"
)

// BenchmarkStreamWatcher is what it costs to look at a stream of 202 events on its
// way, by how it comes: an event at a time, or as fast as it can be read.
func BenchmarkStreamWatcher(b *testing.B) {
	delta := eventOf("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" a few words"}}`)
	events := []string{startOf(`{"input_tokens":12,"output_tokens":1}`)}
	for range 200 {
		events = append(events, delta)
	}
	events = append(events, deltaOf(`{"output_tokens":600}`), eventOf("message_stop", `{"type":"message_stop"}`))
	stream := strings.Join(events, "")
	var pieces []string
	for rest := stream; rest != ""; {
		n := min(len(rest), len(buffers.Get().(*[16 << 10]byte)))
		pieces, rest = append(pieces, rest[:n]), rest[n:]
	}
	for _, c := range []struct {
		name   string
		pieces []string
	}{{"by-event", events}, {"at-once", pieces}} {
		b.Run(c.name, func(b *testing.B) {
			var bytes [][]byte
			for _, p := range c.pieces {
				bytes = append(bytes, []byte(p))
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(stream)))
			for b.Loop() {
				w := newStreamWatcher()
				for _, p := range bytes {
					w.write(p)
				}
				if !w.ended() {
					b.Fatal("it is not over")
				}
			}
		})
	}
}
