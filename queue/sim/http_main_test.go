package sim

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// httpClient returns a client whose connections end with the test.
func httpClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// numberOf finds how many tokens a question has.
var numberOf = regexp.MustCompile(`"input_tokens":[0-9]+`)

// traceReuse sets reused when a request goes over a connection that served before.
func traceReuse(ctx context.Context, reused *bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { *reused = info.Reused },
	})
}
