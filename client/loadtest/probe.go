package loadtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"paceline/client"
)

// probeTimeout is how long the request for one route may take.
const probeTimeout = 10 * time.Second

// presence is whether the target has a route.
type presence uint8

const (
	unknown presence = iota
	present
	absent
)

// probeResult is the answer to the request for a route.
type probeResult struct {
	presence presence
	status   int
	cause    string // why there was no answer
}

// Probe finds out which route the target has, with a GET of each, which costs nothing:
// a path that exists refuses the method (405), another one is not found (404). If both
// exist, it returns [Messages], which real clients use. An error is a *[client.Failure]:
// there is no answer, neither route exists, or the answers do not show it.
func Probe(ctx context.Context, t Target) (Route, error) {
	c := newClient(t.Transport)
	defer c.CloseIdleConnections()
	results := map[Route]probeResult{}
	for _, route := range []Route{Messages, Chat} {
		t.Route, t.Stream = route, false
		result, err := probeRoute(ctx, c, t)
		if err != nil {
			return "", err
		}
		if result.presence == present {
			return route, nil
		}
		results[route] = result
	}
	messages, chat := results[Messages], results[Chat]
	switch {
	case messages.presence == absent && chat.presence == absent:
		return "", &client.Failure{
			Words: fmt.Sprintf("neither %s nor %s is at %s", Messages.Path(), Chat.Path(), client.Clean(t.Base)),
			Hint:  "is this the right address? If it is, say which with --route messages or --route chat",
			Err:   errors.New("loadtest: no route"),
		}
	case messages.cause != "" && chat.cause != "":
		return "", &client.Failure{
			Words: messages.cause,
			Hint:  "does anything answer at " + client.Clean(t.Base) + "?",
			Err:   errors.New("loadtest: no answer"),
		}
	case messages.presence == absent:
		return Chat, nil
	case chat.presence == absent:
		return Messages, nil
	default:
		words := fmt.Sprintf("which route it has cannot be told: it answered %d at %s and %d at %s",
			messages.status, Messages.Path(), chat.status, Chat.Path())
		hint := "say which with --route messages or --route chat"
		if messages.status == http.StatusUnauthorized || messages.status == http.StatusForbidden {
			hint += "; it may want a token: --token or PACELINE_TOKEN"
		}
		return "", &client.Failure{Words: words, Hint: hint, Err: errors.New("loadtest: ambiguous")}
	}
}

// probeRoute requests one path. An error is that of ctx, or of an invalid address.
func probeRoute(ctx context.Context, c *http.Client, t Target) (probeResult, error) {
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, http.MethodGet, t.url(), http.NoBody)
	if err != nil {
		return probeResult{}, &client.Failure{Words: "the address makes no sense", Err: err}
	}
	for name, values := range t.Header {
		r.Header[name] = values
	}
	r.Host = r.Header.Get("Host")
	response, err := c.Do(r)
	if ctx.Err() != nil {
		if err == nil {
			_ = response.Body.Close()
		}
		return probeResult{}, &client.Failure{Words: "stopped", Err: ctx.Err()}
	}
	if err != nil {
		return probeResult{cause: clean(causeOf(err, probeTimeout), t.secrets())}, nil
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, maxErrorAnswer) // so that the connection can be used again
	result := probeResult{status: response.StatusCode}
	page := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
	switch {
	case result.status == http.StatusMethodNotAllowed:
		result.presence = present
	case result.status == http.StatusNotFound, result.status == http.StatusGone, result.status < 300 && page: // a page for every path
		result.presence = absent
	}
	return result, nil
}
