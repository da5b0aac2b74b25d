package command

import (
	"os"
	"path/filepath"
	"strings"

	"paceline/queue"
	"paceline/queue/access"
)

// TokensVariable holds the path of the file of tokens.
const TokensVariable = "PACELINE_TOKENS"

// TokensHint describes the usual path of the file of tokens, for the help. It is the
// same for every user.
const TokensHint = "paceline/tokens.json in the user's folder for settings"

// TokenFile returns the file of tokens: that of the flag, else of the environment, else
// the usual one.
func (a *App) TokenFile(flag string) (access.TokenFile, error) {
	if flag == "" {
		flag = a.Getenv(TokensVariable)
	}
	if flag != "" {
		return access.TokenFile(flag), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", Failf("there is no folder to keep tokens in (%v): say where with --tokens FILE", err)
	}
	return access.TokenFile(filepath.Join(dir, "paceline", "tokens.json")), nil
}

// TokenError returns the failure of a command that could not read or change the tokens.
func TokenError(err error) error {
	return Failf("%s", queue.Escape(strings.TrimPrefix(err.Error(), "access: ")))
}
