// Package simulate is the command paceline simulate: a simulated Claude API with an
// account's limits, for programs to be tried against.
//
// [Command] serves it. The flags, with what goes wrong and what the answers leave
// out, become the settings of an account of package sim.
package simulate
