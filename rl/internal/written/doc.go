// Package written holds policies as rl.WriteGo writes them: rl.TestWrittenGoActsAsThePolicy compares both.
package written
