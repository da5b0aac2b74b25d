package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"paceline/queue"
)

// The Rate Limits API ("Rate Limits API", platform.claude.com), and how it is asked.
const (
	limitsPath     = "/v1/organizations/rate_limits"
	limitsEvery    = 10 * time.Minute
	limitsAgain    = time.Minute      // after a first failure; twice as long after each other
	limitsTime     = 30 * time.Second // for all of an answer
	maxLimitsPages = 20
	maxLimitsPage  = 1 << 20 // bytes
)

// Account is what the Rate Limits API tells of an organization.
type Account struct {
	Organization string
	// Groups are the limits of each group of models, by the group's name in the
	// names of lanes. Of each limit only PerMinute is told.
	Groups map[string]queue.Limits
	// Models are the names of the groups, by [queue.ModelName] of each model that the
	// organization lists.
	Models map[string]string
}

// FollowLimits asks the Rate Limits API with Options.AdminKey, at once and every
// 10 minutes, and tells the queue the limits of each lane of the key's organization.
// It returns when ctx ends, at once without such a key. A panic is a
// [queue.Trouble], and it asks again 10 minutes later.
//
// Report is told the first account, each that differs from the one before, and each
// failure that does: an error says what to do, and nothing else depends on it. Where
// the gateway has a key of its own, it asks whose it is, too, so that its first
// requests already wait in a lane whose limits are known.
func (g *Gateway) FollowLimits(ctx context.Context, report func(Account, error)) {
	if g.options.AdminKey == "" {
		return
	}
	f := following{gateway: g, report: report, again: limitsAgain}
	for ctx.Err() == nil {
		wait := limitsEvery
		g.queue.Guard(queue.PartLimits, func() { wait = f.look(ctx) })
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// following is what FollowLimits has reported by now.
type following struct {
	gateway *Gateway
	report  func(Account, error)
	said    string // the last failure; empty after an account
	last    Account
	again   time.Duration // from the next failure to another attempt
}

// look asks once, and returns how long to wait before it asks again.
func (f *following) look(ctx context.Context) (wait time.Duration) {
	g, asked := f.gateway, time.Now()
	account, err := g.askLimits(ctx)
	switch {
	case ctx.Err() != nil:
		return 0
	case err != nil:
		if err.Error() != f.said {
			f.report(Account{}, err)
		}
		f.said, wait = err.Error(), f.again
		f.again = min(2*f.again, limitsEvery)
		return wait
	}
	g.lanes.list(account.Organization, account.Models)
	for group, l := range account.Groups {
		g.queue.SetLimits(queue.LaneName(account.Organization, group), l, asked)
	}
	if f.said != "" || account.Organization != f.last.Organization || !maps.Equal(account.Groups, f.last.Groups) || !maps.Equal(account.Models, f.last.Models) {
		f.report(account, nil)
	}
	f.said, f.last, f.again = "", account, limitsAgain
	g.knowOwners(ctx)
	return limitsEvery
}

// askLimits asks for all pages of the limits.
func (g *Gateway) askLimits(ctx context.Context) (Account, error) {
	ctx, cancel := context.WithTimeout(ctx, limitsTime)
	defer cancel()
	account, page := Account{Groups: map[string]queue.Limits{}, Models: map[string]string{}}, ""
	var groups []accountGroup
	for range maxLimitsPages {
		query := url.Values{}
		if page != "" {
			query.Set("page", page)
		}
		header, text, err := g.ask(ctx, g.options.AdminKey, limitsPath, query, maxLimitsPage)
		if err != nil {
			return Account{}, limitsWords(ctx, err)
		}
		org := header.Get("Anthropic-Organization-Id")
		if !plainID(org) || org != cmp.Or(account.Organization, org) {
			return Account{}, errors.New("gateway: the Rate Limits API does not say whose limits it tells: is the upstream the API itself?")
		}
		account.Organization = org
		if groups, page, err = readLimits(text, groups); err != nil {
			return Account{}, err
		}
		if page == "" {
			for i, name := range nameGroups(groups) {
				account.Groups[name] = groups[i].limits
				for _, model := range groups[i].models {
					account.Models[model] = name
				}
			}
			return account, nil
		}
	}
	return Account{}, fmt.Errorf("gateway: the Rate Limits API has more than %d pages: is the upstream the API itself?", maxLimitsPages)
}

// knowOwners learns which organizations the gateway's own keys belong to. If it
// cannot, their first answers tell.
func (g *Gateway) knowOwners(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, limitsTime)
	defer cancel()
	for _, key := range []string{g.options.Key, g.options.Chat.Key} {
		if key == "" || g.lanes.owned(keyHash(key)) {
			continue
		}
		// The list of models costs nothing, and every answer says whose the key is.
		header, _, err := g.ask(ctx, key, "/v1/models", url.Values{"limit": {"1"}}, maxLimitsPage)
		if org := header.Get("Anthropic-Organization-Id"); err == nil && plainID(org) {
			g.lanes.own(keyHash(key), org)
		}
	}
}

// statusError is an answer of another status than 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("gateway: the upstream answered %d", int(e)) }

// ask asks upstream for something small, past the queue, with a key of ours.
func (g *Gateway) ask(ctx context.Context, key, path string, query url.Values, most int64) (http.Header, []byte, error) {
	r := &http.Request{
		Method: http.MethodGet, URL: g.upstreamURL(&url.URL{Path: path, RawQuery: query.Encode()}), Host: g.options.Upstream.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"X-Api-Key": {key}, "Anthropic-Version": {"2023-06-01"}, "User-Agent": nil},
	}
	answer, err := g.transport.RoundTrip(r.WithContext(ctx)) // follows no redirect: the key goes nowhere else
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, nil, statusError(answer.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, most+1))
	switch {
	case err != nil:
		return nil, nil, err
	case int64(len(text)) > most:
		return nil, nil, errTooLarge
	}
	return answer.Header, text, nil
}

// limitsWords says why the Rate Limits API told nothing, and what to do. Nothing of
// the answer is in it.
func limitsWords(ctx context.Context, err error) error {
	status, ok := errors.AsType[statusError](err)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("gateway: the Rate Limits API did not answer in %v: it is asked again", limitsTime)
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("gateway: what answers for the Rate Limits API says more than %d MB: is the upstream the API itself?", maxLimitsPage>>20)
	case !ok:
		return fmt.Errorf("gateway: the Rate Limits API gave no whole answer: %w", connectionWords(err))
	}
	switch status {
	case http.StatusUnauthorized:
		return errors.New("gateway: the Rate Limits API does not know the admin key (401): see that it is whole and in force, or make a new one in the Console")
	case http.StatusForbidden:
		return errors.New("gateway: the Rate Limits API needs an admin key (403), one that begins with sk-ant-admin: a key for messages will not do")
	case http.StatusNotFound:
		return errors.New("gateway: the upstream has no Rate Limits API (404): leave the admin key out, or point --upstream at the API itself")
	default:
		return fmt.Errorf("gateway: the Rate Limits API answered %d: it is asked again", int(status))
	}
}
