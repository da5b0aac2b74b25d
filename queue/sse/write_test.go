package sse_test

import (
	"testing"

	"paceline/queue/sse"
)

func TestAppend(t *testing.T) {
	event := func(kind, data, id string) sse.Event {
		return sse.Event{Type: []byte(kind), Data: []byte(data), ID: []byte(id)}
	}
	for _, c := range []struct {
		event sse.Event
		want  string
	}{
		{event("", "[DONE]", ""), "data: [DONE]\n\n"},
		{event("ping", `{"type": "ping"}`, ""), "event: ping\ndata: {\"type\": \"ping\"}\n\n"},
		{event("metrics", "{}", "7"), "id: 7\nevent: metrics\ndata: {}\n\n"},
		{event("", "", ""), "data: \n\n"},
		{event("", "a\nb\r\nc\rd\n", ""), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"},
		{event("ping\ndata: forged", "1", "7\r\n\r\ndata: forged"), "id: 7\nevent: ping\ndata: 1\n\n"},
	} {
		if got := string(sse.Append([]byte("…"), c.event)); got != "…"+c.want {
			t.Errorf("%+v: got %q, want %q", c.event, got, c.want)
		}
	}
}

func TestAppendComment(t *testing.T) {
	got := string(sse.AppendComment(nil, "waited-ms 20", "lane a\ndata: forged", ""))
	if want := ": waited-ms 20\n: lane a\n: \n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIsStream(t *testing.T) {
	for kind, want := range map[string]bool{
		"text/event-stream": true, "Text/Event-Stream; charset=utf-8": true, "text/event-streams": false, "application/json": false, "": false,
	} {
		if got := sse.IsStream(kind); got != want {
			t.Errorf("%q: got %v, want %v", kind, got, want)
		}
	}
}
