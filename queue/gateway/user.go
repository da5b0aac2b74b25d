package gateway

import (
	"encoding/json"
	"net/http"
	"strings"

	"paceline/queue"
)

const maxUser = 128 // bytes of a user's name

// userOf names the user of a request, within a token: the client's header, else the
// API's own field, else the session, else the address.
func userOf(r *http.Request, metadata string) string {
	for _, name := range []string{
		r.Header.Get(headerUser),
		metadataUser(metadata),
		r.Header.Get("X-Claude-Code-Session-Id"),
	} {
		if name = strings.TrimSpace(strings.ToValidUTF8(name, "�")); name != "" {
			return queue.Truncate(name, maxUser)
		}
	}
	return clientAddress(r)
}

// metadataUser reads metadata.user_id. Claude Code writes a person's device,
// account and session into it, as JSON or joined by words; the session is left out,
// so that a person's sessions count as one user. Any other value is used unchanged.
func metadataUser(id string) string {
	var parts struct {
		Device  string `json:"device_id"`
		Account string `json:"account_uuid"`
	}
	if strings.HasPrefix(id, "{") && json.Unmarshal([]byte(id), &parts) == nil {
		switch {
		case parts.Account != "":
			return "account_" + parts.Account
		case parts.Device != "":
			return "user_" + queue.Truncate(parts.Device, 16)
		}
	}
	person, _, ok := strings.Cut(id, "_session_")
	if !ok || !strings.HasPrefix(person, "user_") {
		return id
	}
	device, account, ok := strings.Cut(person, "_account_")
	switch {
	case ok && account != "":
		return "account_" + account
	case ok || strings.HasSuffix(person, "_account"): // signed in with a key: no account
		return queue.Truncate(strings.TrimSuffix(device, "_account"), len("user_")+16)
	default:
		return person
	}
}
