package compat;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageExt;

/** Messages that come later: by level, at a time, and those that are taken back before it. */
final class Delaying {
  private static final int[] LEVEL_MS = {0, 1000, 5000, 10_000};
  /** Upstream's wheel turns once a second and is late by up to two. */
  private static final long APACHE_LATE_MS = 4000;
  private static final long LATE_MS = 1000;

  private Delaying() {}

  static void register(Map<String, Suite.Scenario> scenarios) {
    scenarios.put("delay-levels", Delaying::levels);
    scenarios.put("delay-times", Delaying::times);
    scenarios.put("delay-refused", Delaying::refused);
    scenarios.put("delay-recall", Delaying::recall);
  }

  private static void levels(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 4);
    Collector collector = site.collect("TagA");
    Map<String, Long> due = new HashMap<>();
    Map<String, String> ids = new HashMap<>();
    for (int round = 0; round < 5; round++) {
      for (int level = 0; level < LEVEL_MS.length; level++) {
        String body = "level " + level + " round " + round;
        Message message = site.message("TagA", body);
        if (level > 0) message.setDelayTimeLevel(level);
        due.put(body, System.currentTimeMillis() + LEVEL_MS[level]);
        ids.put(body, Site.stored(producer.send(message)).getMsgId());
      }
    }
    Message last = site.message("TagA", "as good as never");
    last.setDelayTimeLevel(99);
    Site.stored(producer.send(last));
    collector.expect(new TreeSet<>(due.keySet()), 30_000);
    for (MessageExt message : collector.all()) {
      String body = Collector.text(message);
      inTime(site, message, due.get(body));
      Check.same("id of " + body, ids.get(body), message.getMsgId());
      int level = body.charAt(6) - '0';
      Check.same("level left on " + body, level, message.getDelayTimeLevel());
      if (body.startsWith("level 0")) continue;
      Check.same("real topic of " + body, site.topic, message.getProperty("REAL_TOPIC"));
      String queue = String.valueOf(message.getQueueId());
      Check.same("real queue of " + body, queue, message.getProperty("REAL_QID"));
    }
  }

  private static void times(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 2);
    Collector collector = site.collect("*");
    long now = System.currentTimeMillis();
    Map<String, Long> due = new HashMap<>();
    String[][] wishes = {
      {"TIMER_DELAY_MS", "1500"}, {"TIMER_DELAY_MS", "2777"}, {"TIMER_DELAY_SEC", "2"},
      {"TIMER_DELAY_SEC", "4"}, {"TIMER_DELIVER_MS", "" + (now + 3456)},
      {"TIMER_DELIVER_MS", "" + (now / 1000 * 1000 + 6000)}, {"TIMER_DELIVER_MS", "" + (now - 10)},
      {"TIMER_DELAY_MS", "0"},
    };
    for (String[] wish : wishes) {
      String body = wish[0] + " " + wish[1];
      Message message = site.message("TagA", body);
      MessageAccessor.putProperty(message, wish[0], wish[1]);
      long began = System.currentTimeMillis();
      long value = Long.parseLong(wish[1]);
      long at = wish[0].endsWith("DELIVER_MS") ? value
          : began + value * (wish[0].endsWith("SEC") ? 1000 : 1);
      due.put(body, Math.max(at, began));
      Site.stored(producer.send(message));
    }
    collector.expect(new TreeSet<>(due.keySet()), 30_000);
    for (MessageExt message : collector.all()) {
      String body = Collector.text(message);
      inTime(site, message, due.get(body));
      boolean wasTimed = message.getProperty("TIMER_OUT_MS") != null;
      boolean waited = !body.endsWith(" 0") && !body.endsWith("" + (now - 10));
      Check.same("was " + body + " timed", waited, wasTimed);
      if (!waited) continue;
      Check.same("real topic of " + body, site.topic, message.getProperty("REAL_TOPIC"));
      for (String name : new String[] {"TIMER_ENQUEUE_MS", "TIMER_DEQUEUE_MS", body.split(" ")[0]}) {
        Check.that(message.getProperty(name) != null, body + " has no " + name);
      }
    }
  }

  private static void refused(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 1);
    long fourDays = 4 * 86_400_000L;
    String[][] wishes = {
      {"TIMER_DELIVER_MS", "soon"}, {"TIMER_DELAY_MS", "1.5"}, {"TIMER_DELAY_SEC", "x"},
      {"TIMER_DELAY_MS", "" + fourDays}, {"TIMER_DELAY_SEC", "259300"},
      {"TIMER_DELIVER_MS", "" + (System.currentTimeMillis() + fourDays)},
    };
    for (String[] wish : wishes) {
      Message message = site.message("TagA", "x");
      MessageAccessor.putProperty(message, wish[0], wish[1]);
      Throwable failure = Check.failure(wish[0] + "=" + wish[1], () -> producer.send(message));
      Check.that(failure instanceof MQBrokerException, "not by the broker: " + failure);
      Check.same("code of " + failure, 13, ((MQBrokerException) failure).getResponseCode());
    }
    Check.same("messages", 0L, producer.maxOffset(producer.fetchPublishMessageQueues(site.topic).get(0)));
  }

  private static void recall(Site site) throws Exception {
    DefaultMQProducer producer = site.producer();
    site.create(producer, 1);
    Collector collector = site.collect("*");
    Set<String> kept = new TreeSet<>();
    SendResult delivered = null;
    for (int i = 0; i < 20; i++) {
      Message message = site.message("TagA", "message " + i);
      MessageAccessor.putProperty(message, "TIMER_DELAY_MS", "5000");
      SendResult sent = Site.stored(producer.send(message));
      if (i % 2 == 0) {
        Check.same("id", sent.getMsgId(), Version.recall(producer, site.topic, sent));
      } else {
        kept.add("message " + i);
        delivered = sent;
      }
    }
    collector.expect(kept, 20_000);
    Thread.sleep(2500);
    collector.expect(kept, 1);
    SendResult late = delivered;
    Throwable failure =
        Check.failure("a late recall", () -> Version.recall(producer, site.topic, late));
    Check.same("code of " + failure, 604, ((MQBrokerException) failure).getResponseCode());
  }

  private static void inTime(Site site, MessageExt message, long due) {
    long late = message.getStoreTimestamp() - due;
    Check.that(late >= 0, Collector.text(message) + " came " + -late + " ms early");
    long most = site.isApache ? APACHE_LATE_MS : LATE_MS;
    Check.that(late <= most, Collector.text(message) + " came " + late + " ms late");
  }
}
