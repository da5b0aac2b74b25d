package gateway

import (
	"errors"
	"strings"
	"testing"

	"paceline/queue"
)

func TestStreamsOutcomeDoesNotDependOnItsPieces(t *testing.T) {
	const stop = "event: message_stop\ndata: {}\n\n"
	failure := func(kind string) string {
		return "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"" + kind + "\",\"message\":\"m\"}}\n\n"
	}
	long := "data: " + strings.Repeat("event: error ", 2*maxWatched) + "\n\n"
	for name, c := range map[string]struct {
		stream string
		good   bool
		class  queue.Class
	}{
		"good":                     {stop, true, 0},
		"lines of Windows":         {strings.ReplaceAll("event: ping\n\n"+stop, "\n", "\r\n"), true, 0},
		"no spaces":                {"event:message_stop\ndata:{}\n\n", true, 0},
		"long line before":         {long + stop, true, 0},
		"end without a line's end": {"event: message_stop", false, queue.NetworkError},
		"nothing":                  {"", false, queue.NetworkError},
		"only words of it":         {"data: event: message_stop\nid: message_stop\nevents: message_stop\n event: message_stop\n\n", false, queue.NetworkError},
		"other field first":        {"id: 7\nevent: message_stop\ndata: {}\n\n", true, 0},
		"error":                    {failure("overloaded_error"), false, queue.Overloaded},
		"error, lines of Windows":  {strings.ReplaceAll(failure("rate_limit_error"), "\n", "\r\n"), false, queue.RateLimited},
		"error and then the end":   {failure("timeout_error") + stop, false, queue.Timeout},
		"first of two errors":      {failure("overloaded_error") + failure("api_error"), false, queue.Overloaded},
		"error that is no JSON":    {"event: error\ndata: {\n\n", false, queue.ServerError},
		"no data, so no event":     {"event: error\n\n" + stop, true, 0},
		"error that is too long":   {"event: error\n" + long, false, queue.ServerError},
		"data of another event":    {"event: ping\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}\n\n" + stop, true, 0},
		"the event before is over": {"event: error\n\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n", false, queue.NetworkError},
		"long line, error behind":  {long + failure("overloaded_error"), false, queue.Overloaded},
	} {
		for _, size := range []int{1, 2, 3, 7, 4096, len(c.stream) + 1} {
			w := newStreamWatcher()
			for rest := []byte(c.stream); len(rest) > 0; rest = rest[min(size, len(rest)):] {
				w.write(rest[:min(size, len(rest))])
			}
			err := w.outcome()
			switch e, ok := errors.AsType[*queue.Error](err); {
			case c.good && err != nil, !c.good && !ok:
				t.Errorf("%s, in pieces of %d: got %v", name, size, err)
			case !c.good && (e.Class != c.class || e.Retry != queue.RetryNo):
				t.Errorf("%s, in pieces of %d: got the class %v, want %v", name, size, e.Class, c.class)
			}
		}
	}
}
