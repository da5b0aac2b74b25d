package gateway

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"paceline/queue"
)

// estimated is what was thought before the answer came.
var estimated = queue.Cost{Input: 777, Output: 888}

// messageCost is what an answer in pieces of that size has cost; zero means in one.
func messageCost(body []byte, size int) (queue.Cost, usage) {
	var m usageFinder
	for rest := body; len(rest) > 0; {
		n := len(rest)
		if size > 0 {
			n = min(size, n)
		}
		m.write(rest[:n])
		rest = rest[n:]
	}
	return m.usage.cost(estimated), m.usage
}

func TestUsageOfAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want queue.Cost
	}{
		"as the API writes it": {`{"id":"msg_1","content":[{"type":"text","text":"hi"}],"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,` +
			`"cache_creation":{"ephemeral_5m_input_tokens":3,"input_tokens":5},"output_tokens":40,"service_tier":"standard"}}`, queue.Cost{Input: 12, Output: 40}},
		"what went into the cache counts":   {`{"usage":{"input_tokens":12,"cache_creation_input_tokens":3000,"output_tokens":1}}`, queue.Cost{Input: 3012, Output: 1}},
		"what came from the cache does not": {`{"usage":{"cache_read_input_tokens":90000,"input_tokens":12,"output_tokens":1}}`, queue.Cost{Input: 12, Output: 1}},
		"all of it from the cache":          {`{"usage":{"input_tokens":0,"cache_read_input_tokens":90000,"output_tokens":0}}`, queue.Cost{}},
		"words of it in a text":             {`{"content":[{"text":"\"usage\":{\"input_tokens\":5}","usage":{"input_tokens":6}}],"usage":{"input_tokens":7,"output_tokens":8}}`, queue.Cost{Input: 7, Output: 8}},
		"only inside":                       {`{"content":[{"usage":{"input_tokens":6,"output_tokens":6}}],"message":{"usage":{"input_tokens":6}}}`, estimated},
		"no output":                         {`{"usage":{"input_tokens":7}}`, queue.Cost{Input: 7, Output: 888}},
		"no input":                          {`{"usage":{"output_tokens":7,"cache_creation_input_tokens":9}}`, queue.Cost{Input: 777, Output: 7}},
		"null":                              {`{"usage":null}`, estimated},
		"list":                              {`{"usage":[{"input_tokens":7}]}`, estimated},
		"text":                              {`{"usage":"{\"input_tokens\":7}"}`, estimated},
		"numbers that are none":             {`{"usage":{"input_tokens":"7","output_tokens":null}}`, estimated},
		"negative and broken":               {`{"usage":{"input_tokens":-7,"output_tokens":1.5}}`, estimated},
		"too many":                          {`{"usage":{"input_tokens":100000001,"output_tokens":99999999999999999999}}`, estimated},
		"other case":                        {`{"Usage":{"input_tokens":7},"usage":{"Output_Tokens":7}}`, estimated},
		"keys in escapes":                   {`{"\u0075sage":{"input\u005ftokens":7,"output_tokens":8}}`, queue.Cost{Input: 7, Output: 8}},
		"blanks":                            {" {\n \"usage\" : {\n \"input_tokens\" : 7 ,\n \"output_tokens\" : 8 } } ", queue.Cost{Input: 7, Output: 8}},
		"behind a long text":                {`{"content":"` + strings.Repeat(`long \" text `, 100_000) + `","usage":{"input_tokens":7,"output_tokens":8}}`, queue.Cost{Input: 7, Output: 8}},
		"longer than is kept":               {`{"usage":{"x":"` + strings.Repeat("x", maxValue) + `","input_tokens":7}}`, estimated},
		"it breaks off":                     {`{"usage":{"input_tokens":7,"output_tokens":8`, estimated},
		"no JSON":                           {`<html>"usage":{"input_tokens":7}`, estimated},
		"nothing":                           {``, estimated},
	} {
		for _, size := range []int{0, 1, 2, 7, 4096} {
			if got, _ := messageCost([]byte(c.body), size); got != c.want {
				t.Errorf("%s in pieces of %d: got %+v, want %+v", name, size, got, c.want)
			}
		}
	}
}

// eventOf writes an event.
func eventOf(name, data string) string { return "event: " + name + "\ndata: " + data + "\n\n" }

func startOf(usage string) string {
	return eventOf("message_start", `{"type":"message_start","message":{"id":"msg_1","content":[],"model":"m","usage":`+usage+`}}`)
}

func deltaOf(usage string) string {
	return eventOf("message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn","usage":{"output_tokens":1000000}},"usage":`+usage+`}`)
}

func TestUsageOfAStream(t *testing.T) {
	start := startOf(`{"input_tokens":12,"cache_creation_input_tokens":3000,"cache_read_input_tokens":90000,"output_tokens":1}`)
	text := eventOf("content_block_delta", `{"type":"content_block_delta","usage":{"input_tokens":5,"output_tokens":5},"delta":{"text":"event: message_delta"}}`)
	for name, c := range map[string]struct {
		stream string
		want   queue.Cost
	}{
		"only begun: the output is not known":  {start + text, queue.Cost{Input: 3012, Output: 888}},
		"whole":                                {start + text + deltaOf(`{"output_tokens":40}`) + eventOf("message_stop", "{}"), queue.Cost{Input: 3012, Output: 40}},
		"cumulative":                           {start + deltaOf(`{"output_tokens":40}`) + text + deltaOf(`{"output_tokens":90}`), queue.Cost{Input: 3012, Output: 90}},
		"the end says more of the input":       {start + deltaOf(`{"input_tokens":500,"cache_creation_input_tokens":3000,"cache_read_input_tokens":99000,"output_tokens":40}`), queue.Cost{Input: 3500, Output: 40}},
		"the end says nothing of the input":    {start + deltaOf(`{"input_tokens":0,"output_tokens":40}`), queue.Cost{Input: 3012, Output: 40}},
		"only the end says it":                 {startOf(`{"input_tokens":0,"output_tokens":0}`) + deltaOf(`{"input_tokens":70,"output_tokens":40}`), queue.Cost{Input: 70, Output: 40}},
		"no start":                             {deltaOf(`{"output_tokens":40}`), queue.Cost{Input: 777, Output: 40}},
		"lines of Windows":                     {strings.ReplaceAll(start+deltaOf(`{"output_tokens":40}`), "\n", "\r\n"), queue.Cost{Input: 3012, Output: 40}},
		"usage outside of the message":         {eventOf("message_start", `{"usage":{"input_tokens":5}}`), estimated},
		"data of another event":                {eventOf("ping", `{"message":{"usage":{"input_tokens":5}},"usage":{"output_tokens":5}}`), estimated},
		"data behind the event":                {"event: message_delta\n\ndata: {\"usage\":{\"output_tokens\":5}}\n\n", estimated},
		"a message inside a message":           {eventOf("message_start", `{"message":{"message":{"usage":{"input_tokens":5}}}}`), estimated},
		"error":                                {start + eventOf("error", `{"type":"error","error":{"type":"overloaded_error"},"usage":{"output_tokens":5}}`), queue.Cost{Input: 3012, Output: 888}},
		"start that is longer than is kept":    {eventOf("message_start", `{"message":{"x":"`+strings.Repeat("x", 2*maxWatched)+`","usage":{"input_tokens":5}}}`) + deltaOf(`{"output_tokens":40}`), queue.Cost{Input: 777, Output: 40}},
		"a number that cannot be, then a good": {start + deltaOf(`{"output_tokens":-1}`) + deltaOf(`{"output_tokens":2}`), queue.Cost{Input: 3012, Output: 2}},
	} {
		for _, size := range []int{1, 2, 7, 4096, len(c.stream)} {
			w := newStreamWatcher()
			for rest := []byte(c.stream); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				w.write(rest[:min(size, len(rest))])
			}
			if got := w.usage.cost(estimated); got != c.want {
				t.Errorf("%s in pieces of %d: got %+v, want %+v", name, size, got, c.want)
			}
		}
	}
}

// FuzzUsage compares with a JSON reader what is found in an answer, and that the
// pieces it comes in make no difference.
func FuzzUsage(f *testing.F) {
	f.Add([]byte(`{"usage":{"input_tokens":12,"cache_read_input_tokens":9,"output_tokens":40}}`), uint8(3))
	f.Add([]byte(`{"usage":{"input_tokens":1,"input_tokens":2},"usage":{"output_tokens":-3}}`), uint8(1))
	f.Add([]byte(`{"usage":[],"\u0075sage":{"input\u005ftokens":7}}`), uint8(1))
	f.Add([]byte(startOf(`{"input_tokens":1}`)+deltaOf(`{"output_tokens":1}`)), uint8(5))
	f.Fuzz(func(t *testing.T, body []byte, size uint8) {
		cost, whole := messageCost(body, 0)
		if _, got := messageCost(body, int(size)); got != whole {
			t.Errorf("%q: %+v in one, and %+v in pieces of %d", body, whole, got, size)
		}
		w, pieces := newStreamWatcher(), newStreamWatcher()
		w.write(body)
		for rest := body; size > 0 && len(rest) > 0; rest = rest[min(int(size), len(rest)):] {
			pieces.write(rest[:min(int(size), len(rest))])
		}
		if size > 0 && w.usage != pieces.usage {
			t.Errorf("%q as a stream: %+v in one, and %+v in pieces of %d", body, w.usage, pieces.usage, size)
		}
		for _, u := range []usage{whole, w.usage} {
			for _, n := range []int{u.input, u.written, u.read, u.output} {
				if n < 0 || n > maxTokens {
					t.Errorf("%q: got %+v", body, u)
				}
			}
		}
		var top, told map[string]json.RawMessage
		if len(body) > maxValue || json.Unmarshal(body, &top) != nil || strings.Count(string(body), "age") > 1 || strings.Contains(string(body), `\`) {
			return // of several the largest counts, and a reader takes the last
		}
		_ = json.Unmarshal(top["usage"], &told)
		want := estimated
		for key, to := range map[string]*int{"input_tokens": &want.Input, "output_tokens": &want.Output} {
			if n, ok := number([]byte(told[key])); ok && n <= maxTokens {
				*to = n
			}
		}
		if _, ok := number([]byte(told["input_tokens"])); ok {
			if n, ok := number([]byte(told["cache_creation_input_tokens"])); ok && n <= maxTokens {
				want.Input += n
			}
		}
		if strings.Count(string(body), "put_tokens") == len(told) && cost != want {
			t.Errorf("%q: got %+v, want %+v", body, cost, want)
		}
	})
}

func BenchmarkUsage(b *testing.B) {
	for _, n := range []int{500, 50_000} {
		body := []byte(`{"content":[{"text":"` + strings.Repeat("word ", n/5) + `"}],"usage":{"input_tokens":12,"output_tokens":40}}`)
		b.Run(fmt.Sprintf("bytes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				var m usageFinder
				m.write(body)
			}
		})
	}
}
