package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// badNewsKey is the annotation that says what exit code 1 means for a command.
const badNewsKey = "slactl.exit1"

// badNews says in a command's help when it exits with 1.
func badNews(cmd *cobra.Command, when string) {
	cmd.Annotations = map[string]string{badNewsKey: when}
}

// exitCodes lists the codes that a command exits with, one a line.
func exitCodes(cmd *cobra.Command) []string {
	codes := []string{"0  done"}
	if when := cmd.Annotations[badNewsKey]; when != "" {
		codes = append(codes, "1  "+when)
	}
	return append(codes, "2  the command line, or the configuration that it needs, is wrong", "3  reading, computing or writing failed")
}

// writeHelp prints the help of a command. It is written out instead of a
// template, because templates keep the linker from dropping unused methods.
func writeHelp(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(description(cmd)), useLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", strings.Trim(cmd.Example, "\n"))
	}
	if cmd.HasAvailableSubCommands() {
		io.WriteString(w, "\nCommands:\n")
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-*s  %s\n", cmd.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	if flags := cmd.LocalNonPersistentFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(w, "\nFlags:\n%s", flags.FlagUsages())
	}
	fmt.Fprintf(w, "\nGlobal flags:\n%s", cmd.Root().PersistentFlags().FlagUsages())
	fmt.Fprintf(w, "\nExit codes:\n  %s\n", strings.Join(exitCodes(cmd), "\n  "))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nSee `%s COMMAND --help` for each command.\n", cmd.CommandPath())
	}
}

// description is what a command does, at the length that it is written at.
func description(cmd *cobra.Command) string {
	if cmd.Long == "" {
		return cmd.Short + "."
	}
	return cmd.Long
}

func useLine(cmd *cobra.Command) string {
	if cmd.HasAvailableSubCommands() {
		return cmd.CommandPath() + " COMMAND [flags]"
	}
	return cmd.UseLine()
}
