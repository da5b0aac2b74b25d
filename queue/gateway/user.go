package gateway

import (
	"encoding/json"
	"maps"
	"strings"

	"paceline/queue"
)

// The headers of Claude Code that say which conversation a request is part of, and
// which subagent of it asks. The main thread of a conversation names no agent.
const (
	headerSession = "X-Claude-Code-Session-Id"
	headerAgent   = "X-Claude-Code-Agent-Id"
)

// sender is who asks, for the fair order.
type sender struct {
	user     string
	session  string // the conversation; empty if none is named
	subagent bool   // of the session
	origin   string // where the request comes from; empty if it has a token, which nobody can invent
}

// setSender notes who asks. The user is who the client's header
// names, else the API's own field metadata.user_id. A session names nobody: without
// a name, all requests of a token are one user's, and without a token all requests
// of an address.
func (x *exchange) setSender(metadata string) {
	h := x.r.Header
	person, session := metadataUser(metadata)
	x.user = firstName(h.Get(headerUser), person, x.token, clientAddress(x.r))
	x.session = firstName(h.Get(headerSession), session)
	x.subagent = x.session != "" && firstName(h.Get(headerAgent)) != ""
}

const maxUser = 128 // bytes of the name of a user, and of a session

// firstName returns the first name that is not blank, as valid text of bounded
// length; empty if all are blank.
func firstName(names ...string) string {
	for _, name := range names {
		if name = strings.TrimSpace(strings.ToValidUTF8(name, "�")); name != "" {
			return strings.Clone(queue.Truncate(name, maxUser)) // the queue keeps it, and not the text that it is part of
		}
	}
	return ""
}

// metadataUser reads metadata.user_id. Claude Code writes a person's device,
// account and session into it, as JSON or joined by words; the session is separated
// from it, so that a person's sessions count as one user. The person is empty if
// there is only a session. Any other value is a person, unchanged.
func metadataUser(id string) (person, session string) {
	if strings.HasPrefix(id, "{") {
		return jsonUser(id)
	}
	person, session, ok := strings.Cut(id, "_session_")
	if !ok || !strings.HasPrefix(person, "user_") {
		return id, ""
	}
	device, account, ok := strings.Cut(person, "_account_")
	switch {
	case account != "":
		return "account_" + account, session
	case ok || strings.HasSuffix(person, "_account"): // signed in with a key: no account
		return deviceUser(strings.TrimSuffix(device, "_account")[len("user_"):]), session
	case person == "user_":
		return "", session
	default:
		return person, session
	}
}

// jsonUser reads a metadata.user_id that begins as a JSON object.
func jsonUser(id string) (person, session string) {
	var parts struct {
		Device  string `json:"device_id"`
		Account string `json:"account_uuid"`
		Session string `json:"session_id"`
	}
	var all map[string]any
	if json.Unmarshal([]byte(id), &parts) != nil || json.Unmarshal([]byte(id), &all) != nil {
		return id, ""
	}
	switch {
	case parts.Account != "":
		return "account_" + parts.Account, parts.Session
	case parts.Device != "":
		return deviceUser(parts.Device), parts.Session
	case parts.Session == "":
		return id, ""
	}
	maps.DeleteFunc(all, func(name string, value any) bool { return name == "session_id" || value == nil || value == "" })
	if len(all) == 0 {
		return "", parts.Session
	}
	others, err := json.Marshal(all)
	if err != nil {
		panic(err) // it was JSON before
	}
	return string(others), parts.Session
}

// deviceUser names the user of a device; empty if there is none.
func deviceUser(device string) string {
	if device == "" {
		return ""
	}
	return "user_" + queue.Truncate(device, 16)
}
