package loadtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxLine is the longest line of a stream that is read.
const maxLine = 4 << 20

// errTooLong says that a stream has more than maxAnswer bytes, or a line more
// than maxLine.
var errTooLong = errors.New("loadtest: stream too long")

// readStream reads a streamed answer to its end. It is a good one if it ends as
// its route ends: with message_stop or [DONE].
func (c *caller) readStream(ctx context.Context, a answer, response *http.Response) answer {
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorAnswer))
		if err != nil {
			return c.broken(ctx, a, err)
		}
		if a.problem = c.judge(body); a.problem == nil {
			a.problem = c.problem("200, no stream", "the answer is not streamed: try without --stream")
		}
		return a
	}
	s := stream{route: c.target.Route}
	err := s.read(response.Body)
	a.first = s.first
	switch {
	case err != nil:
		return c.broken(ctx, a, err)
	case s.failed != nil:
		kind, words := errorWords(s.failed)
		a.problem = c.problem(join("error in the stream", kind), words)
	case !s.ended && ctx.Err() != nil:
		a.stopped = true
	case !s.ended:
		a.problem = c.problem("the stream broke off", "the stream broke off before its end")
	}
	return a
}

// stream is what was read of one.
type stream struct {
	route  Route
	first  time.Time // the first text
	ended  bool
	failed []byte // the data of an error event
}

// read reads until the end of the stream, or what ends it.
func (s *stream) read(body io.Reader) error {
	bounded := &io.LimitedReader{R: body, N: maxAnswer}
	lines := bufio.NewScanner(bounded)
	lines.Buffer(nil, maxLine)
	var data []byte
	for lines.Scan() {
		line := lines.Bytes()
		field, value, _ := bytes.Cut(line, []byte(":"))
		switch {
		case len(line) == 0:
			s.event(data)
			data = data[:0]
		case string(field) == "data":
			if len(data) > maxLine {
				return errTooLong
			}
			data = append(append(data, bytes.TrimPrefix(value, []byte(" "))...), '\n')
		}
		if s.route == Chat { // a line is an event there, with or without an empty one behind it
			s.event(data)
			data = data[:0]
		}
		if s.ended || s.failed != nil {
			return nil
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong), err == nil && bounded.N == 0:
		return errTooLong
	default:
		return err
	}
}

// event takes the data of one event.
func (s *stream) event(data []byte) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return
	}
	if s.route == Chat && string(data) == "[DONE]" {
		s.ended = true
		return
	}
	var e struct {
		Type  string          `json:"type"`
		Text  string          `json:"text"`
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(data, &e) != nil {
		return // neither a text nor the end
	}
	switch {
	case e.Error != nil && string(e.Error) != "null":
		s.failed = bytes.Clone(data)
	case s.route == Messages && e.Type == "message_stop":
		s.ended = true
	case s.first.IsZero() && (s.route == Messages && e.Type == "content_block_delta" || s.route == Chat && e.Text != ""):
		s.first = time.Now()
	}
}
