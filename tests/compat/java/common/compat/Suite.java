package compat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Runs scenarios, several at a time, and prints a line for each, SCENARIO name OK|FAIL|SKIP ms,
 * what went wrong being indented under it.
 * Arguments: name server, name server of the strict broker, apache|pocketmq, how many at a time,
 * the wanted names with commas.
 */
public final class Suite {
  private Suite() {}

  interface Scenario {
    void run(Site site) throws Exception;
  }

  static final Map<String, Scenario> SCENARIOS = new LinkedHashMap<>();

  static {
    Refusing.register(SCENARIOS);
    Consuming.register(SCENARIOS);
    Sending.register(SCENARIOS);
    Polling.register(SCENARIOS);
    Delaying.register(SCENARIOS);
    Asking.register(SCENARIOS);
    Ordering.register(SCENARIOS);
    Grouping.register(SCENARIOS);
  }

  public static void main(String[] arguments) throws Exception {
    play(SCENARIOS, arguments);
  }

  static void play(Map<String, Scenario> all, String[] arguments) throws Exception {
    boolean isApache = arguments[2].equals("apache");
    List<String> wanted = List.of(arguments[4].split(","));
    ExecutorService pool = Executors.newFixedThreadPool(Integer.parseInt(arguments[3]));
    for (Map.Entry<String, Scenario> one : all.entrySet()) {
      if (!wanted.contains(one.getKey())) continue;
      pool.execute(() -> {
        Site site = new Site(arguments[0], arguments[1], isApache, one.getKey());
        attempt(one.getKey(), site, one.getValue());
      });
    }
    pool.shutdown();
    pool.awaitTermination(10, TimeUnit.MINUTES);
    System.exit(0);
  }

  private static void attempt(String name, Site site, Scenario scenario) {
    long began = System.nanoTime();
    StringWriter trouble = new StringWriter();
    String outcome = "OK";
    try (site) {
      scenario.run(site);
    } catch (Check.Skipped skipped) {
      outcome = "SKIP";
      trouble.write(skipped.getMessage());
    } catch (Throwable failed) {
      outcome = "FAIL";
      failed.printStackTrace(new PrintWriter(trouble, true));
    }
    StringBuilder text = new StringBuilder("SCENARIO ").append(name).append(' ').append(outcome);
    text.append(' ').append((System.nanoTime() - began) / 1_000_000).append('\n');
    trouble.toString().lines().forEach(line -> text.append("  ").append(line).append('\n'));
    synchronized (Suite.class) {
      System.out.print(text);
      System.out.flush();
    }
  }
}
