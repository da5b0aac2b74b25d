package gateway

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// seen is what a peek has found.
type seen struct {
	model, user string
	stream      bool
	maxTokens   int
	files       int // images and pages
	fileBytes   int
}

// scanAt shows a body to a peek in pieces of that size; zero means in one.
func scanAt(body []byte, size int) seen {
	var p requestFields
	for len(body) > 0 {
		n := len(body)
		if size > 0 {
			n = min(n, size)
		}
		p.write(body[:n])
		body = body[n:]
	}
	return p.seen()
}

func (f *requestFields) seen() seen {
	return seen{f.model, f.user, f.stream, f.maxTokens, f.files.images + f.files.pages, f.files.bytes}
}

// decode is what a JSON reader finds, with keys as they are written and the last
// one of several.
func decode(body []byte) (s seen, ok bool) {
	var top, metadata map[string]json.RawMessage
	if json.Unmarshal(body, &top) != nil {
		return s, false
	}
	fits := func(b []byte) []byte { // what is too long is none of ours
		var tight bytes.Buffer
		if json.Compact(&tight, b) != nil || tight.Len() > maxValue {
			return nil
		}
		return tight.Bytes()
	}
	s.model = textOf(fits(top["model"]))
	s.stream = string(top["stream"]) == "true"
	s.maxTokens, _ = number(fits(top["max_tokens"]))
	_ = json.Unmarshal(fits(top["metadata"]), &metadata)
	s.user = textOf(metadata["user_id"])
	return s, true
}

var nasty = []string{
	`{}`, `[]`, ``, `null`, `"model"`, `17`, `{`, `{"model`, `{"model":`, `{"model":"a`, `}}}}`, `]`, `{]`, `{"a":[}`, "\x00\xff",
	`{"model":"m","stream":true,"metadata":{"user_id":"u"}}`,
	" \t\r\n{ \"model\" : \"m\" , \"stream\" :\ttrue , \"metadata\" : { \"user_id\" : \"u\" } } \n",
	`{"messages":[{"model":"inner","stream":true,"metadata":{"user_id":"inner"}}],"model":"outer"}`,
	`{"messages":"{\"model\":\"inner\",\"stream\":true}","model":"outer"}`,
	`{"model":"a","model":"b","stream":true,"stream":false}`,
	`{"metadata":{"user_id":"a"},"metadata":{}}`, `{"metadata":{"user_id":"a"},"metadata":null}`, `{"metadata":{"user_id":"a","user_id":"b"}}`,
	`{"model":"a","model":17}`, `{"model":"a","model":null}`, `{"model":["a"]}`, `{"model":{"model":"a"}}`,
	`{"Model":"a","STREAM":true,"MetaData":{"user_id":"u"}}`, `{"metadata":{"USER_ID":"u"}}`, `{"metadata":{"User_Id":"u","user_id":"v"}}`,
	`{"mod\u0065l":"a","\u0073\u0074\u0072\u0065\u0061\u006d":true,"\u006d\u0065\u0074\u0061\u0064\u0061\u0074\u0061":{"user\u005fid":"u"}}`,
	`{"\\model":"a","model\"":"b","\"model":"c","model\\":"d"}`, `{"model ":"a"," model":"b"}`,
	`{"model":"\"","stream":true}`, `{"model":"\\","stream":true}`, `{"model":"\\\"\\\\","stream":true}`, `{"model":"\u0022,\u0022stream\u0022:true"}`,
	`{"model":"\ud83d\ude00 \ud800 é ` + "\xff" + `"}`, `{"stream":"true"}`, `{"stream":[true]}`, `{"stream":1}`, `{"stream":true,"x":{"stream":false}}`,
	`{"":"","model":"a"}`, `{"x":[[[{"y":[]}]]],"model":"a"}`, `{"x":[],"y":{},"model":"a"}`, `{"x":"}]},{[","model":"a"}`, `{"x":1e5,"y":-0.5,"z":null,"model":"a"}`,
	`{"max_tokens":17}`, `{"max_tokens":1024,"max_tokens":"x"}`, `{"max_tokens":-1}`, `{"max_tokens":1e3}`, `{"max_tokens":99999999999999999999}`,
	`{"max_tokens":null,"tools":[{"max_tokens":3}]}`, `{ "max_tokens" : 8 }`,
	`{"metadata":"{\"user_id\":\"u\"}"}`, `{"metadata":[{"user_id":"u"}]}`, `{"metadata":{"x":{"user_id":"u"}}}`, `{"metadata":{"user_id":7}}`,
	`{"model":"a"}{"model":"b"}`, `{"model":"a"} trailing`, `[{"model":"a"}]`,
	`{"a key that is longer than any of ours, and much longer than what is kept of one, too":1,"model":"a"}`,
}

func TestRequestFieldsAgreeWithADecoder(t *testing.T) {
	for _, body := range append(nasty,
		`{"model":"`+strings.Repeat("m", 2*maxValue)+`","stream":true}`,
		`{"model":"first","model":"`+strings.Repeat("m", 2*maxValue)+`"}`,
		`{"metadata":{`+strings.Repeat(" ", 2*maxValue)+`"user_id":"u"}}`,
		`{"stream":`+strings.Repeat("\n", 2*maxValue)+`true}`,
		`{"x":"`+strings.Repeat(`\\`, 5000)+`","model":"a"}`,
		strings.Repeat("[", 100_000), strings.Repeat(`{"model":`, 10_000),
	) {
		want, ok := decode([]byte(body))
		for _, size := range []int{0, 1, 2, 3, 7, 64} {
			got := scanAt([]byte(body), size)
			got.files, got.fileBytes = 0, 0
			if ok && got != want {
				t.Errorf("%.200q in pieces of %d: got %.100v, want %.100v", body, size, got, want)
			}
		}
	}
}

func FuzzRequestFields(f *testing.F) {
	for _, body := range nasty {
		f.Add([]byte(body), uint8(1))
		f.Add([]byte(body), uint8(5))
	}
	f.Add([]byte(`{"x":"`+picture("/9j/", minFile)+`","y":["`+picture("JVBERi0", 2*pageBytes)+`"]}`), uint8(3))
	f.Add([]byte(`{"x":"`+picture("/9j/ ", minFile)+`"}`), uint8(6))
	f.Fuzz(func(t *testing.T, body []byte, size uint8) {
		var p requestFields
		p.write(body)
		whole := p.seen()
		if got := scanAt(body, int(size)); got != whole {
			t.Errorf("%q: %v in one, and %v in pieces of %d", body, whole, got, size)
		}
		if most := 2 * (maxKey + maxValue); cap(p.kept) > most {
			t.Errorf("%d bytes are kept, want at most %d", cap(p.kept), most)
		}
		// What has anything behind its end is no JSON, and peek has seen enough.
		whole.files, whole.fileBytes = 0, 0 // a matter of its own
		if want, ok := decode(body); ok && whole != want {
			t.Errorf("%q: got %v, want %v", body, whole, want)
		}
	})
}

// A text of backslashes once made each of them look for the end of the text: one
// body of 32 MB took a core for a quarter of a minute.
func TestRequestFieldsReadEachByteOnce(t *testing.T) {
	took := func(body []byte) time.Duration {
		best := time.Hour
		for range 3 {
			began := time.Now()
			_ = scanAt(body, 0)
			best = min(best, time.Since(began))
		}
		return best
	}
	const n = 1 << 20
	text := func(of string) []byte { return []byte(`{"x":"` + strings.Repeat(of, n/len(of)) + `","model":"a"}`) }
	// To look for the end again at each escape is half a million times half of n.
	for _, of := range []string{`\\`, `\"`, `\n`, `a\n`} {
		if d := took(text(of)); d > 2*time.Second {
			t.Errorf("1 MB of %s took %v", of, d)
		}
	}
}
