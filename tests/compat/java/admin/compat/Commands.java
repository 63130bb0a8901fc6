package compat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs commands of Apache's own mqadmin, one after the other in this one program. Prints for each
 * `COMMAND name ms`, its output, and `END name`.
 */
final class Commands {
  private static final PrintStream SCREEN = System.out;

  private final String nameServer;

  Commands(String nameServer) {
    this.nameServer = nameServer;
  }

  /** Each by its name. */
  void run(Map<String, String> all) {
    for (Map.Entry<String, String> one : all.entrySet()) run(one.getKey(), one.getValue());
  }

  void run(String name, String line) {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream paper = new PrintStream(printed, true);
    PrintStream errors = System.err;
    System.setOut(paper);
    System.setErr(paper);
    long began = System.nanoTime();
    try {
      MQAdminStartup.main0((line + " -n " + nameServer).split(" "), null);
    } finally {
      System.setOut(SCREEN);
      System.setErr(errors);
    }
    String text = printed.toString(StandardCharsets.UTF_8);
    long ms = (System.nanoTime() - began) / 1_000_000;
    SCREEN.print("COMMAND " + name + " " + ms + "\n" + text + (text.endsWith("\n") ? "" : "\n"));
    SCREEN.print("END " + name + "\n");
    SCREEN.flush();
  }
}
