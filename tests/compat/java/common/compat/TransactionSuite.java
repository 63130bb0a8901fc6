package compat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Transactions, on a broker that asks every second about halves that are older than a second.
 * Arguments as those of Suite.
 */
public final class TransactionSuite {
  private static final LocalTransactionState COMMIT = LocalTransactionState.COMMIT_MESSAGE;
  private static final LocalTransactionState ROLLBACK = LocalTransactionState.ROLLBACK_MESSAGE;
  private static final LocalTransactionState UNKNOWN = LocalTransactionState.UNKNOW;
  private static final String PARKED = "TRANS_CHECK_MAX_TIME_TOPIC";

  private TransactionSuite() {}

  public static void main(String[] arguments) throws Exception {
    Map<String, Suite.Scenario> transactions = new LinkedHashMap<>();
    transactions.put("parked-after-checks", TransactionSuite::parked);
    transactions.put("commit", TransactionSuite::commit);
    transactions.put("rollback", TransactionSuite::rollback);
    transactions.put("unknown-then-commit", TransactionSuite::unknownThenCommit);
    transactions.put("unknown-then-rollback", TransactionSuite::unknownThenRollback);
    transactions.put("another-client", TransactionSuite::anotherClient);
    transactions.put("immunity", TransactionSuite::immunity);
    transactions.put("slow-local-transaction", TransactionSuite::slow);
    transactions.put("refused", TransactionSuite::refused);
    Suite.play(transactions, arguments);
  }

  /** What a producer says, and what it was asked. */
  static class Listener implements TransactionListener {
    final Map<String, LocalTransactionState> first = new ConcurrentHashMap<>();
    final Map<String, LocalTransactionState> later = new ConcurrentHashMap<>();
    final List<MessageExt> checks = Collections.synchronizedList(new ArrayList<>());

    @Override
    public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
      return first.getOrDefault(text(message), UNKNOWN);
    }

    @Override
    public LocalTransactionState checkLocalTransaction(MessageExt message) {
      checks.add(message);
      return later.getOrDefault(text(message), UNKNOWN);
    }

    int checksOf(String body) {
      int count = 0;
      synchronized (checks) {
        for (MessageExt one : checks) if (text(one).equals(body)) count++;
      }
      return count;
    }
  }

  private static String text(Message message) {
    return new String(message.getBody(), StandardCharsets.UTF_8);
  }

  static TransactionMQProducer producer(Site site, String instance, Listener listener)
      throws Exception {
    return producer(site, instance, listener, site.nameServer);
  }

  static TransactionMQProducer producer(
      Site site, String instance, Listener listener, String server) throws Exception {
    TransactionMQProducer producer = new TransactionMQProducer(site.group + "_producer");
    producer.setNamesrvAddr(server);
    producer.setInstanceName(site.group + instance);
    producer.setSendMsgTimeout(10_000);
    producer.setHeartbeatBrokerInterval(1000);
    producer.setTransactionListener(listener);
    site.start(producer);
    return producer;
  }

  static TransactionSendResult send(TransactionMQProducer producer, Message message)
      throws Exception {
    TransactionSendResult result = producer.sendMessageInTransaction(message, null);
    Check.same("status of " + result, SendStatus.SEND_OK, result.getSendStatus());
    Check.same("topic of the half", message.getTopic(), result.getMessageQueue().getTopic());
    Check.same("transaction id", result.getMsgId(), result.getTransactionId());
    return result;
  }

  /** Sends so many, which are to end this way at once. */
  private static Set<String> sendAll(
      Site site, TransactionMQProducer producer, Listener listener, LocalTransactionState state)
      throws Exception {
    Set<String> bodies = new TreeSet<>();
    for (int i = 0; i < 20; i++) {
      String body = state + " " + i;
      listener.first.put(body, state);
      bodies.add(body);
      TransactionSendResult result = send(producer, site.message("TagA", body));
      Check.same("state", state, result.getLocalTransactionState());
    }
    return bodies;
  }

  private static void commit(Site site) throws Exception {
    Listener listener = new Listener();
    TransactionMQProducer producer = producer(site, "1", listener);
    Set<String> bodies = sendAll(site, producer, listener, COMMIT);
    Collector collector = site.collect("TagA");
    collector.expect(bodies, 20_000);
    for (MessageExt one : collector.all()) {
      Check.same("transaction id", one.getMsgId(), one.getProperty("__transactionId__"));
      Check.same("TRAN_MSG", "true", one.getProperty("TRAN_MSG"));
      Check.that(one.getProperty("REAL_TOPIC") == null, "REAL_TOPIC is left");
    }
    Set<Long> places = new TreeSet<>();
    for (MessageExt one : collector.all()) places.add(one.getPreparedTransactionOffset());
    Check.same("places of halves", bodies.size(), places.size());
    Thread.sleep(3000);
    Check.same("deliveries", bodies.size(), collector.count());
  }

  private static void rollback(Site site) throws Exception {
    Listener listener = new Listener();
    TransactionMQProducer producer = producer(site, "1", listener);
    sendAll(site, producer, listener, ROLLBACK);
    listener.first.put("last", COMMIT);
    send(producer, site.message("TagA", "last"));
    Collector collector = site.collect("*");
    collector.expect(Set.of("last"), 20_000);
    Thread.sleep(5000);
    Check.same("deliveries", 1, collector.count());
    // Apache's broker may ask in the moment before it notes the end.
    if (!site.isApache) Check.same("checks", 0, listener.checks.size());
  }

  private static void unknownThenCommit(Site site) throws Exception {
    Listener listener = new Listener();
    TransactionMQProducer producer = producer(site, "1", listener);
    Set<String> bodies = sendAll(site, producer, listener, UNKNOWN);
    Collector collector = site.collect("*");
    for (String body : bodies) {
      Check.until(20_000, () -> "no second check of " + body, () -> listener.checksOf(body) > 1);
    }
    Check.same("deliveries before the commit", 0, collector.count());
    MessageExt check = listener.checks.get(0);
    Check.same("topic in a check", site.topic, check.getTopic());
    Check.same("id in a check", check.getProperty("UNIQ_KEY"), check.getTransactionId());
    Check.that(Integer.parseInt(check.getProperty("TRANSACTION_CHECK_TIMES")) > 0, "check times");
    for (String body : bodies) listener.later.put(body, COMMIT);
    collector.expect(bodies, 20_000);
    Thread.sleep(3000);
    int asked = listener.checks.size();
    Thread.sleep(3000);
    Check.same("checks after the commit", asked, listener.checks.size());
    Check.same("deliveries", bodies.size(), collector.count());
  }

  private static void unknownThenRollback(Site site) throws Exception {
    Listener listener = new Listener();
    TransactionMQProducer producer = producer(site, "1", listener);
    Set<String> bodies = sendAll(site, producer, listener, UNKNOWN);
    for (String body : bodies) listener.later.put(body, ROLLBACK);
    for (String body : bodies) {
      Check.until(20_000, () -> "no check of " + body, () -> listener.checksOf(body) > 0);
    }
    Thread.sleep(2500);
    int asked = listener.checks.size();
    listener.first.put("last", COMMIT);
    send(producer, site.message("TagA", "last"));
    Collector collector = site.collect("*");
    collector.expect(Set.of("last"), 20_000);
    Thread.sleep(2500);
    Check.same("checks after the rollback", asked, listener.checks.size());
    Check.same("deliveries", 1, collector.count());
  }

  /** Fifteen checks, then the message lies where people look for it. */
  private static void parked(Site site) throws Exception {
    Listener listener = new Listener();
    TransactionMQProducer producer = producer(site, "1", listener);
    String body = "parked by " + site.group;
    send(producer, site.message("TagA", body));
    Check.until(60_000, () -> listener.checksOf(body) + " checks", () -> listener.checksOf(body) >= 15);
    Collector parked = site.readerOf(PARKED);
    Check.until(60_000, () -> "not parked", () -> parked.bodies().contains(body));
    for (MessageExt one : parked.all()) {
      if (!Collector.text(one).equals(body)) continue;
      Check.same("its topic", site.topic, one.getProperty("REAL_TOPIC"));
      Check.same("its checks", "15", one.getProperty("TRANSACTION_CHECK_TIMES"));
    }
    Thread.sleep(3000);
    Check.same("checks", 15, listener.checksOf(body));
  }

  /** The producer goes; another one of its group is asked. */
  private static void anotherClient(Site site) throws Exception {
    Listener gone = new Listener();
    TransactionMQProducer first = producer(site, "first", gone);
    send(first, site.message("TagA", "left behind"));
    first.shutdown();
    Thread.sleep(3000);
    Listener listener = new Listener();
    listener.later.put("left behind", COMMIT);
    listener.first.put("after", COMMIT);
    send(producer(site, "second", listener), site.message("TagA", "after"));
    Collector collector = site.collect("*");
    collector.expect(Set.of("left behind", "after"), 30_000);
    Check.same("checks of the one that went", 0, gone.checks.size());
  }

  private static void immunity(Site site) throws Exception {
    AtomicInteger early = new AtomicInteger();
    Listener listener = new Listener() {
      @Override
      public LocalTransactionState checkLocalTransaction(MessageExt message) {
        long age = System.currentTimeMillis() - message.getBornTimestamp();
        if (age < 5000) early.incrementAndGet();
        return super.checkLocalTransaction(message);
      }
    };
    listener.later.put("immune", COMMIT);
    TransactionMQProducer producer = producer(site, "1", listener);
    Message message = site.message("TagA", "immune");
    message.putUserProperty("CHECK_IMMUNITY_TIME_IN_SECONDS", "5");
    send(producer, message);
    Collector collector = site.collect("*");
    collector.expect(Set.of("immune"), 30_000);
    Check.same("checks before its time", 0, early.get());
    Check.that(listener.checks.size() > 0, "it was never checked");
  }

  /** The other broker takes no transactions. */
  private static void refused(Site site) throws Exception {
    TransactionMQProducer producer = producer(site, "1", new Listener(), site.strictNameServer);
    Throwable failure = Check.failure(
        "a transaction",
        () -> producer.sendMessageInTransaction(site.message("TagA", "refused"), null));
    StringBuilder said = new StringBuilder();
    for (Throwable one = failure; one != null; one = one.getCause()) said.append(one).append('\n');
    Check.that(said.indexOf("sending transaction message is forbidden") > 0, said.toString());
    Site.stored(producer.send(site.message("TagA", "ordinary")));
  }

  /**
   * The producer is asked while its local transaction runs; then it ends its first record, and then
   * the copy that it was asked about. Upstream commits both, as ours with transactionsEndOnce off.
   */
  private static void slow(Site site) throws Exception {
    Listener listener = new Listener() {
      @Override
      public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
        try {
          Thread.sleep(5000);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
        }
        later.put("slow", COMMIT);
        return COMMIT;
      }
    };
    TransactionMQProducer producer = producer(site, "1", listener);
    send(producer, site.message("TagA", "slow"));
    Check.that(listener.checks.size() > 0, "it was never checked meanwhile");
    Collector collector = site.collect("*");
    Check.until(20_000, () -> collector.count() + " came, not 2", () -> collector.count() >= 2);
    Thread.sleep(4000);
    Check.same("bodies", Set.of("slow"), collector.bodies());
    Check.same("deliveries", 2, collector.count());
  }
}
