//go:build race

package advice

const raceEnabled = true
