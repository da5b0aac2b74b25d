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
	"slices"
	"time"

	"paceline/queue"
)

// The Rate Limits API ("Rate Limits API", platform.claude.com), and how often and
// long it is polled.
const (
	limitsPath     = "/v1/organizations/rate_limits"
	limitsInterval = 10 * time.Minute
	limitsRetry    = time.Minute      // after a failure; doubled after each further one
	limitsTimeout  = 30 * time.Second // for all pages together
	maxLimitsPages = 20
	maxLimitsPage  = 1 << 20 // bytes
)

// AccountLimits are an organization's limits from the Rate Limits API.
type AccountLimits struct {
	Organization string
	// Groups are the limits by model group, as lanes name it. Only PerMinute is
	// set.
	Groups map[string]queue.Limits
	// Models are the group names, by [queue.ModelName] of each model in a group.
	Models map[string]string
	// Closed are the groups that may never be used, as a limit is 0: the fast modes
	// that the organization has not.
	Closed []string
}

// FollowLimits polls the Rate Limits API with Options.AdminKey, at once and every
// 10 minutes, and sets the limits of each lane of the key's organization. It
// returns when ctx ends, and at once without an admin key. A panic becomes a
// [queue.Trouble], and the next poll follows 10 minutes later.
//
// It calls report with the first limits, with each change of them, and with each
// new failure: the error says what to do, and nothing else depends on it. It also
// learns the organization of the gateway's own keys, so that their first requests
// already wait in a lane with known limits.
func (g *Gateway) FollowLimits(ctx context.Context, report func(AccountLimits, error)) {
	if g.options.AdminKey == "" {
		return
	}
	f := limitsFollower{gateway: g, report: report, retryIn: limitsRetry}
	for ctx.Err() == nil {
		wait := limitsInterval
		g.queue.Guard(queue.PartLimits, func() { wait = f.poll(ctx) })
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
}

// limitsFollower is the state of FollowLimits.
type limitsFollower struct {
	gateway    *Gateway
	report     func(AccountLimits, error)
	lastError  string // of the last poll; empty if it succeeded
	lastLimits AccountLimits
	retryIn    time.Duration // the delay after the next failure
}

// poll polls once, and returns the delay before the next poll.
func (f *limitsFollower) poll(ctx context.Context) (wait time.Duration) {
	g, asked := f.gateway, time.Now()
	account, err := g.askLimits(ctx)
	switch {
	case ctx.Err() != nil:
		return 0
	case err != nil:
		if err.Error() != f.lastError {
			f.report(AccountLimits{}, err)
		}
		f.lastError, wait = err.Error(), f.retryIn
		f.retryIn = min(2*f.retryIn, limitsInterval)
		return wait
	}
	g.lanes.setListed(account.Organization, account.Models, account.Closed)
	for group, l := range account.Groups {
		g.queue.SetLimits(queue.LaneName(account.Organization, group), l, asked)
	}
	if f.lastError != "" || account.Organization != f.lastLimits.Organization || !maps.Equal(account.Groups, f.lastLimits.Groups) || !maps.Equal(account.Models, f.lastLimits.Models) || !slices.Equal(account.Closed, f.lastLimits.Closed) {
		f.report(account, nil)
	}
	f.lastError, f.lastLimits, f.retryIn = "", account, limitsRetry
	g.learnOrganizations(ctx)
	return limitsInterval
}

// askLimits requests all pages of the limits.
func (g *Gateway) askLimits(ctx context.Context) (AccountLimits, error) {
	ctx, cancel := context.WithTimeout(ctx, limitsTimeout)
	defer cancel()
	account, page := AccountLimits{Groups: map[string]queue.Limits{}, Models: map[string]string{}}, ""
	var groups []modelGroup
	for range maxLimitsPages {
		query := url.Values{}
		if page != "" {
			query.Set("page", page)
		}
		header, text, err := g.get(ctx, g.options.AdminKey, limitsPath, query, maxLimitsPage)
		if err != nil {
			return AccountLimits{}, limitsError(ctx, err)
		}
		org := header.Get("Anthropic-Organization-Id")
		if !plainID(org) || org != cmp.Or(account.Organization, org) {
			return AccountLimits{}, errors.New("gateway: the Rate Limits API does not say whose limits it tells: is the upstream the API itself?")
		}
		account.Organization = org
		if groups, page, err = readLimits(text, groups); err != nil {
			return AccountLimits{}, err
		}
		if page == "" {
			for i, name := range nameGroups(groups, g.lanes.groups) {
				account.Groups[name] = groups[i].limits
				switch {
				case groups[i].fastClosed:
					account.Closed = append(account.Closed, queue.Fast(name))
				case groups[i].fast != (queue.Limits{}):
					account.Groups[queue.Fast(name)] = groups[i].fast
				}
				for _, model := range groups[i].models {
					account.Models[model] = name
				}
			}
			return account, nil
		}
	}
	return AccountLimits{}, fmt.Errorf("gateway: the Rate Limits API has more than %d pages: is the upstream the API itself?", maxLimitsPages)
}

// learnOrganizations learns the organizations of the gateway's own keys. If that
// fails, their first answers tell them.
func (g *Gateway) learnOrganizations(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, limitsTimeout)
	defer cancel()
	for _, key := range []string{g.options.Key, g.options.Chat.Key} {
		if key == "" || g.lanes.hasOrganization(keyHash(key)) {
			continue
		}
		// The list of models costs nothing, and every answer has the organization.
		header, _, err := g.get(ctx, key, "/v1/models", url.Values{"limit": {"1"}}, maxLimitsPage)
		if org := header.Get("Anthropic-Organization-Id"); err == nil && plainID(org) {
			g.lanes.setOrganization(keyHash(key), org)
		}
	}
}

// statusError is the status of an answer other than 200.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("gateway: the upstream answered %d", int(e)) }

// get requests something small from the upstream, without the queue, with one of
// the gateway's keys.
func (g *Gateway) get(ctx context.Context, key, path string, query url.Values, most int64) (http.Header, []byte, error) {
	r := &http.Request{
		Method: http.MethodGet, URL: g.upstreamURL(path, &url.URL{RawQuery: query.Encode()}), Host: g.options.Upstream.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"X-Api-Key": {key}, "Anthropic-Version": {"2023-06-01"}, "User-Agent": nil},
	}
	answer, err := g.transport.RoundTrip(r.WithContext(ctx)) // follows no redirects, so that the key goes nowhere else
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

// limitsError says why the Rate Limits API failed, and what to do. It quotes
// nothing of the answer.
func limitsError(ctx context.Context, err error) error {
	status, ok := errors.AsType[statusError](err)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("gateway: the Rate Limits API did not answer in %v: it is asked again", limitsTimeout)
	case errors.Is(err, errTooLarge):
		return fmt.Errorf("gateway: what answers for the Rate Limits API says more than %d MB: is the upstream the API itself?", maxLimitsPage>>20)
	case !ok:
		return fmt.Errorf("gateway: the Rate Limits API gave no whole answer: %w", connectionError(err))
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
