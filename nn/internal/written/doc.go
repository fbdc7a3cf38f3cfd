// Package written holds nets as nn.WriteGo writes them: nn.TestWrittenGoAnswersAsTheNet compares both.
package written
