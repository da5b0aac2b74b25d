package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"paceline/queue"
)

// maxEvent is the longest line of a stream that the chat route reads, in bytes.
const maxEvent = 1 << 20

// passStream passes the text on as it comes: a line of data for each piece, and
// [DONE] at the end. What breaks off ends with a line that says so, and without
// [DONE].
func (c *chatting) passStream(ctx context.Context, answer *http.Response) error {
	if !isEventStream(answer.Header) {
		return &queue.Error{Class: queue.ServerError, Retry: queue.RetryNo, Err: errNoMessage}
	}
	h := c.w.Header()
	c.figures(h)
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	c.status = http.StatusOK
	_ = c.control.SetWriteDeadline(time.Now().Add(writeTime))
	c.w.WriteHeader(http.StatusOK)
	_ = c.control.Flush()

	var watch streamWatch
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(make([]byte, 0, 4<<10), maxEvent)
	for lines.Scan() {
		line := lines.Bytes()
		watch.see(line)
		c.spent(ctx, &watch.usage)
		queue.Progress(ctx)
		var err error
		switch text := deltaText(line); {
		case c.settled: // what is still to come is read, so that the connection lives on
		case watch.stopped:
			stop := c.settleStream(answer)
			defer stop()
			err = c.writeData("[DONE]")
		case text != "":
			err = c.writeJSON(map[string]string{"text": text})
		}
		if err != nil {
			c.hangUp(errHungUp)
			return errHungUp
		}
	}
	err := lines.Err()
	switch {
	case c.settled:
		return watch.verdict(true)
	case err != nil:
		err = broken(ctx, err)
	default:
		err = watch.verdict(true) // it has not stopped, so there is one
	}
	_ = c.writeJSON(chatError{"The answer broke off", err.Error()})
	return err
}

// deltaText returns the text of a content_block_delta; empty for anything else.
func deltaText(line []byte) string {
	data, ok := field(line, "data")
	if !ok {
		return ""
	}
	var e struct {
		Type  string `json:"type"`
		Delta struct {
			Text string `json:"text"`
		} `json:"delta"`
	}
	if json.Unmarshal(data, &e) != nil || e.Type != "content_block_delta" {
		return ""
	}
	return e.Delta.Text
}

// writeJSON sends one event of the route.
func (c *chatting) writeJSON(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings
	}
	return c.writeData(string(data))
}

func (c *chatting) writeData(data string) error {
	_ = c.control.SetWriteDeadline(time.Now().Add(writeTime))
	return c.write([]byte("data: "+data+"\n\n"), true)
}

// broken is the outcome of an answer that did not come to its end.
func broken(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return &queue.Error{Class: queue.NetworkError, Retry: queue.RetryNo, Err: connectionWords(err)}
}
