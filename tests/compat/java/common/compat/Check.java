package compat;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** What a scenario says when something is not as it should be. */
final class Check {
  private Check() {}

  static void that(boolean holds, String otherwise) {
    if (!holds) throw new AssertionError(otherwise);
  }

  static void same(String what, Object expected, Object found) {
    if (!expected.equals(found)) {
      throw new AssertionError(what + ": expected " + expected + ", found " + found);
    }
  }

  /** Waits until a condition holds, or says after limitMs how things stood. */
  static void until(long limitMs, Supplier<String> standing, BooleanSupplier holds)
      throws InterruptedException {
    long end = System.nanoTime() + limitMs * 1_000_000;
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("after " + limitMs + " ms: " + standing.get());
      }
      Thread.sleep(20);
    }
  }

  interface Attempt {
    Object run() throws Exception;
  }

  /** The failure that an attempt must end with. */
  static Throwable failure(String what, Attempt attempt) {
    Object result;
    try {
      result = attempt.run();
    } catch (Throwable failed) {
      return failed;
    }
    throw new AssertionError(what + " was not refused but gave " + result);
  }

  /** A scenario that has no meaning against this target. */
  static final class Skipped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Skipped(String reason) {
      super(reason);
    }
  }
}
