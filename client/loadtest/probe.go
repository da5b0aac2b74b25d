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

// probeTimeout is how long a look at one route may take.
const probeTimeout = 10 * time.Second

// standing is what a look at a route's path tells.
type standing uint8

const (
	unclear standing = iota
	present
	absent
)

// look is what came of looking at a route.
type look struct {
	standing standing
	status   int
	cause    string // why nothing came
}

// Probe finds out which route the target answers on, with a GET of each, which
// costs nothing: a path that is there refuses the method (405), one that is not
// says so (404). Where both are there it is [Messages], which real clients use. An
// error is a *[client.Failure]: nobody answers, neither is there, or it cannot be
// told.
func Probe(ctx context.Context, t Target) (Route, error) {
	c := newClient(t.Transport)
	defer c.CloseIdleConnections()
	looks := map[Route]look{}
	for _, route := range []Route{Messages, Chat} {
		t.Route, t.Stream = route, false
		l, err := lookAt(ctx, c, t)
		if err != nil {
			return "", err
		}
		if l.standing == present {
			return route, nil
		}
		looks[route] = l
	}
	messages, chat := looks[Messages], looks[Chat]
	switch {
	case messages.standing == absent && chat.standing == absent:
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
	case messages.standing == absent:
		return Chat, nil
	case chat.standing == absent:
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

// lookAt asks for one path. An error is ctx's.
func lookAt(ctx context.Context, c *http.Client, t Target) (look, error) {
	limited, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(limited, http.MethodGet, t.url(), http.NoBody)
	if err != nil {
		return look{}, &client.Failure{Words: "the address makes no sense", Err: err}
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
		return look{}, &client.Failure{Words: "stopped", Err: ctx.Err()}
	}
	if err != nil {
		return look{cause: clean(causeOf(err, probeTimeout), t.secrets())}, nil
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, maxErrorAnswer) // so that the connection can be used again
	l := look{status: response.StatusCode}
	page := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
	switch {
	case l.status == http.StatusMethodNotAllowed:
		l.standing = present
	case l.status == http.StatusNotFound, l.status == http.StatusGone, l.status < 300 && page: // a page for every path
		l.standing = absent
	}
	return l, nil
}
